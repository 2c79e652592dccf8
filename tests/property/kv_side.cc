#include "tests/property/kv_side.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>

#include "engine/access.h"
#include "engine/kv_namespace.h"

namespace tern::test {
namespace {

using Verb = KvAction::Verb;

constexpr uint64_t kHotBytes = uint64_t{4} << 20;

std::string text_of(const std::optional<Pinned>& value) {
  if (!value) return std::string(kNoValue);
  return text_of_value(value->text(), value->metadata(), value->expires_at_ms(), value->version());
}

std::string text_of(const KvPage& page) {
  std::string text;
  for (const KvKey& key : page.keys) text += text_of_key(key.name, key.metadata, key.expires_at_ms, key.version);
  return text + (page.complete ? "complete" : "more");
}

std::vector<std::string_view> views(const std::vector<std::string>& keys) { return {keys.begin(), keys.end()}; }

KvPutOptions options_of(const KvAction& action) {
  return {.ttl = std::chrono::milliseconds(action.ttl_ms),
          .expires_at_ms = action.expires_at_ms,
          .metadata = action.metadata};
}

Options plain_options() {
  Options options;
  options.store_bytes = 0;
  return options;
}

}  // namespace

OwnKvSide::OwnKvSide(const KvTime& time)
    : clock_(time), database_(tern::open(folder_.file("engine.db"), plain_options())) {}

void OwnKvSide::open(const std::string& folder, const std::string& boot) {
  hot_ = std::make_unique<cache::HotTable>(kHotBytes);
  internal::KvTierOptions options;
  options.store.folder = folder;
  options.store.map_bytes = uint64_t{1} << 30;
  options.store.clock = &clock_;
  options.store.boot_id = boot;
  options.hot = hot_.get();
  options.counters = &counters_;
  options.busy_timeout_ms = 10'000;
  options.sweeps = false;
  options.max_entry_bytes = uint64_t{1} << 20;
  const auto& engine = internal::Access::engine(database_);
  options.keep = [engine]() -> std::shared_ptr<const void> { return engine; };
  tier_ = std::make_unique<internal::KvTier>(std::move(options));
  for (const KvSpace& space : kKvSpaces) {
    const KvLimits limits = space.workers ? KvLimits::kWorkers : KvLimits::kNative;
    spaces_.push_back(internal::Access::kv(std::shared_ptr<internal::KvNamespaceImpl>(new internal::KvNamespaceImpl{
        engine, *tier_, tier_->open_namespace(space.name, true), std::string(space.name), limits})));
  }
}

void OwnKvSide::close() {
  spaces_.clear();
  tier_.reset();
  hot_.reset();
}

KvAnswer OwnKvSide::run(const KvAction& action) {
  try {
    return run_verb(action);
  } catch (const Error& error) {
    return {.text = "error " + std::to_string(static_cast<int>(error.code())), .cursor = {}};
  }
}

KvAnswer OwnKvSide::run_verb(const KvAction& action) {
  if (action.verb == Verb::kOpen) {
    open(action.keys[0], action.keys[1]);
    return {};
  }
  if (action.verb == Verb::kClose) {
    close();
    return {};
  }
  if (action.verb == Verb::kNow) return {.text = std::to_string(tier_->now_ms()), .cursor = {}};
  if (action.verb == Verb::kSweep) {
    size_t swept = 0;
    while (const size_t batch = tier_->sweep_once()) swept += batch;
    return {.text = std::to_string(swept), .cursor = {}};
  }
  KvNamespace& space = spaces_.at(action.space);
  const bool reads = action.verb == Verb::kGet || action.verb == Verb::kGetMany || action.verb == Verb::kList;
  return reads ? run_read(space, action) : run_write(space, action);
}

KvAnswer OwnKvSide::run_read(KvNamespace& space, const KvAction& action) {
  if (action.verb == Verb::kGet) return {.text = text_of(space.get(action.keys[0])), .cursor = {}};
  if (action.verb == Verb::kGetMany) {
    KvAnswer answer;
    for (const auto& value : space.get_many(views(action.keys))) answer.text += text_of(value);
    return answer;
  }
  const KvPage page = space.list({.prefix = action.keys[0],
                                  .limit = static_cast<size_t>(action.number),
                                  .cursor = action.cursor,
                                  .start = action.value});
  return {.text = text_of(page), .cursor = page.cursor};
}

KvAnswer OwnKvSide::run_write(KvNamespace& space, const KvAction& action) {
  const auto outcome = [](auto what) { return KvAnswer{.text = std::to_string(what), .cursor = {}}; };
  switch (action.verb) {
    case Verb::kPut:
      return {.text = "put", .version = space.put(action.keys[0], action.value, options_of(action)), .cursor = {}};
    case Verb::kPutMany: {
      std::vector<std::string> values;
      for (size_t i = 0; i < action.keys.size(); ++i) values.push_back(action.value + std::to_string(i));
      std::vector<KvItem> items;
      for (size_t i = 0; i < values.size(); ++i) items.push_back({action.keys[i], values[i], options_of(action)});
      return {.text = "put", .version = space.put_many(items), .cursor = {}};
    }
    case Verb::kRemove:
      return outcome(static_cast<int>(space.remove(action.keys[0])));
    case Verb::kRemoveMany:
      return outcome(space.remove_many(views(action.keys)));
    case Verb::kRemovePrefix:
      return outcome(space.remove_prefix(action.keys[0]));
    case Verb::kPutIfVersion: {
      const auto version = space.put_if_version(action.keys[0], action.version, action.value, options_of(action));
      return {.text = version ? "put" : "another version", .version = version.value_or(0), .cursor = {}};
    }
    case Verb::kRemoveIfVersion:
      return outcome(static_cast<int>(space.remove_if_version(action.keys[0], action.version)));
    case Verb::kIncrement: {
      KvAnswer answer = outcome(space.increment(action.keys[0], action.number, options_of(action)));
      answer.version = space.get(action.keys[0])->version();
      return answer;
    }
    case Verb::kTouch: {
      const auto value = space.get_and_touch(action.keys[0], std::chrono::milliseconds(action.ttl_ms));
      if (!value) return {.text = std::string(kNoValue), .cursor = {}};
      return {.text = text_of(value), .version = value->version(), .cursor = {}};
    }
    default:
      throw std::logic_error("not a write");
  }
}

OtherKvSide::OtherKvSide(const KvTime& time) {
  std::fflush(nullptr);
  if (::pipe(to_child_) != 0 || ::pipe(to_parent_) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe");
  child_ = ::fork();
  if (child_ == 0) serve(time);
  ::close(to_child_[0]);
  ::close(to_parent_[1]);
}

OtherKvSide::~OtherKvSide() {
  ::close(to_child_[1]);  // it ends
  ::close(to_parent_[0]);
  ::waitpid(child_, nullptr, 0);
}

void OtherKvSide::serve(const KvTime& time) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::close(to_child_[1]);
  ::close(to_parent_[0]);
  try {
    OwnKvSide side(time);
    while (const auto request = receive(to_child_[0])) send(to_parent_[1], encode(side.run(decode_action(*request))));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "the other process: %s\n", error.what());
  }
  std::fflush(nullptr);
  ::_exit(0);  // what the parent was doing is not for this process to end
}

KvAnswer OtherKvSide::run(const KvAction& action) {
  send(to_child_[1], encode(action));
  const auto answer = receive(to_parent_[0]);
  if (!answer) throw std::runtime_error("the other process has ended");
  return decode_answer(*answer);
}

void OtherKvSide::send(int to, std::string_view bytes) {
  const uint64_t size = bytes.size();
  std::string message(reinterpret_cast<const char*>(&size), sizeof size);
  message += bytes;
  for (size_t done = 0; done < message.size();) {
    const ssize_t wrote = ::write(to, message.data() + done, message.size() - done);
    if (wrote < 0) throw std::system_error(errno, std::generic_category(), "write");
    done += static_cast<size_t>(wrote);
  }
}

std::optional<std::string> OtherKvSide::receive(int from) {
  const auto fill = [&](char* to, size_t bytes) {
    for (size_t done = 0; done < bytes;) {
      const ssize_t got = ::read(from, to + done, bytes - done);
      if (got <= 0) return false;
      done += static_cast<size_t>(got);
    }
    return true;
  };
  uint64_t size = 0;
  if (!fill(reinterpret_cast<char*>(&size), sizeof size)) return std::nullopt;
  std::string bytes(size, '\0');
  if (!fill(bytes.data(), size)) return std::nullopt;
  return bytes;
}

}  // namespace tern::test
