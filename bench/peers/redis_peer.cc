// A Redis server of its own on a unix socket, spoken to by hiredis: the cache that stands beside a database elsewhere.
#include <hiredis/hiredis.h>
#include <unistd.h>

#include <cstdio>

#include "bench/peers/makers.h"
#include "docs/examples/demo/child_process.h"

namespace bench {

namespace {

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

class Redis final : public Peer {
 public:
  explicit Redis(const Place& place) {
    const std::string socket = place.folder + "/socket";
    const std::string sync = place.every_sync ? "always" : "everysec";
    server_ = demo::ChildProcess::start({place.settings->redis_server, "--port", "0", "--unixsocket", socket, "--dir",
                                         place.folder, "--save", "", "--appendonly", "yes", "--appendfsync", sync,
                                         "--logfile", place.folder + "/log", "--daemonize", "no"});
    for (int i = 0; i < 500 && context_ == nullptr; ++i) {
      context_ = redisConnectUnix(socket.c_str());
      if (context_ != nullptr && context_->err == 0) break;
      if (context_ != nullptr) redisFree(std::exchange(context_, nullptr));
      usleep(10'000);
    }
    if (context_ == nullptr) throw std::runtime_error("redis-server does not answer on " + socket);
  }
  ~Redis() override {
    if (context_ != nullptr) redisFree(context_);
  }

  void load(const Records& records) override {
    // The protocol's own way for many: commands are sent together, and their answers read afterwards.
    constexpr uint64_t kPipeline = 1000;
    for (uint64_t start = 0; start < records.size(); start += kPipeline) {
      const uint64_t end = std::min(records.size(), start + kPipeline);
      for (uint64_t i = start; i < end; ++i) {
        const std::string value = value_of(i);
        redisAppendCommand(context_, "SET %b %b", records.key(i).data(), kKeyBytes, value.data(), value.size());
      }
      for (uint64_t i = start; i < end; ++i) {
        void* reply = nullptr;
        if (redisGetReply(context_, &reply) != REDIS_OK) fail();
        Reply(static_cast<redisReply*>(reply));
      }
    }
  }

  Work read(const Records& records, Draws& draws, uint64_t operations, Take take) override {
    Reply reply;
    return read_loop(records, draws, operations, take, [&](std::string_view key) {
      reply = command(redisCommand(context_, "GET %b", key.data(), key.size()));
      return reply->type == REDIS_REPLY_STRING ? std::string_view(reply->str, reply->len) : std::string_view();
    });
  }

  bool get(std::string_view key, std::string& value) override {
    const Reply reply = command(redisCommand(context_, "GET %b", key.data(), key.size()));
    if (reply->type != REDIS_REPLY_STRING) return false;
    value.assign(reply->str, reply->len);
    return true;
  }
  void update(std::string_view key, std::string_view value) override {
    command(redisCommand(context_, "SET %b %b", key.data(), key.size(), value.data(), value.size()));
  }
  void insert(std::string_view key, std::string_view value) override { update(key, value); }

 private:
  [[noreturn]] void fail() const { throw std::runtime_error(std::string("Redis: ") + context_->errstr); }
  Reply command(void* answer) const {
    Reply reply(static_cast<redisReply*>(answer));
    if (reply == nullptr) fail();
    if (reply->type == REDIS_REPLY_ERROR) throw std::runtime_error(std::string("Redis: ") + reply->str);
    return reply;
  }

  demo::ChildProcess server_;  // killed at the end
  redisContext* context_ = nullptr;
};

}  // namespace

std::unique_ptr<Peer> make_redis(const Place& place) { return std::make_unique<Redis>(place); }

std::string redis_version(const std::string& server) {
  std::string text;
  FILE* const pipe = popen((server + " --version").c_str(), "re");
  if (pipe == nullptr) return "unknown";
  char line[256];
  if (std::fgets(line, sizeof line, pipe) != nullptr) text = line;
  pclose(pipe);
  const size_t at = text.find("v=");
  return at == std::string::npos ? "unknown" : text.substr(at + 2, text.find(' ', at) - at - 2);
}

}  // namespace bench
