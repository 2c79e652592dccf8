#include "tests/deaths/actor.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "engine/housekeeper.h"
#include "tests/mutation/world.h"

namespace tern::deaths {
namespace {

using mutation::elsewhere;
using mutation::kPatience;
using mutation::wait_until;
using probes::Gate;
using probes::passings;
using probes::Trap;

constexpr uint32_t kCheckpointFrames = 50;
constexpr int kBlobBytes = 300'000;  // more frames than that

class Actor {
 public:
  explicit Actor(const std::string& path)
      : acks_(::open((path + ".acks").c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600)),
        kv_acks_(::open((path + ".kv_acks").c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600)),
        db_(open(path, options())),
        read_(db_.prepare("SELECT v FROM t WHERE id = ?")) {}
  ~Actor() {
    ::close(acks_);
    ::close(kv_acks_);
  }

  // A busy machine may keep an answer out of the cache, or a checkpoint from being in anyone's way: what depends on
  // that is done until it happens.
  void run() {
    use_kv();
    read_all();
    read_.all_many(std::vector<Value>{1, 2});
    write();
    read_all();  // finds the entries void
    until("flight:joined", [this] { join_a_flight(); });
    until("read:uncached", [this] { read_past_a_publication(); });
    until("refresh:done", [this] { refresh(); });
    until("compute:computed", [this] { compute(); });
    db_.exec("CREATE TABLE IF NOT EXISTS later (x)");  // voids everything
    until("store:committed", [this] { read_all(); });
    // Long enough for a planned checkpoint, and for a guardian that is renewed since the log may not have a byte.
    db_.query("INSERT INTO later VALUES (zeroblob(?))", kBlobBytes);
    until("checkpoint:moved", [this] {
      read_all();
      write();  // leaves the snapshot behind that was read from, in the way
    });
    until("checkpoint:ended", [this] { write(); });
    // A log that a checkpoint has just copied whole is not too long, however long it is: so the housekeeper gets to see
    // one that is too short for a checkpoint.
    until("renew:published", [this] {
      write();
      std::this_thread::sleep_for(2 * internal::Housekeeper::kMoveInterval);
    });
    db_.query("INSERT INTO later VALUES (zeroblob(?))", kBlobBytes);  // a log that the close cuts
  }

 private:
  static Options options() {
    Options options;
    options.store_bytes = uint64_t{8} << 20;
    options.checkpoint_frames = kCheckpointFrames;
    options.max_log_bytes = 1;
    return options;
  }

  template <typename Step>
  static void until(std::string_view point, Step&& step) {
    const probes::Point passed(probes::find_point(point));
    wait_until(
        [&] {
          step();
          return passings(passed) > 0;
        },
        ("nobody came to " + std::string(point)).c_str());
  }

  void read_all() {
    for (int again = 0; again < 2; ++again) {
      for (int id = 1; id <= 3; ++id) read_.bind(id).first();
    }
  }

  void write() {
    db_.query("UPDATE t SET v = v + 1 WHERE id = 2");
    acknowledged();
    db_.transaction([](Transaction& transaction) { transaction.exec("UPDATE t SET v = v + 1 WHERE id = 2"); });
    acknowledged();
  }

  void use_kv() {
    KvNamespace kv = db_.kv("deaths");
    const std::string_view keys[] = {"n", "m"};
    for (int i = 0; i < 3; ++i) {
      kv.increment("n");
      mutation::require(::write(kv_acks_, "a", 1) == 1, "cannot write down what was acknowledged");
      for (int again = 0; again < 2; ++again) page_of(db_, kv);
      for (int again = 0; again < 2; ++again) kv.get("n");
      kv.get_many(keys);
      kv.get_many(keys);
    }
  }

  void acknowledged() const {
    mutation::require(::write(acks_, "a", 1) == 1, "cannot write down what was acknowledged");
  }

  void join_a_flight() {
    db_.query("UPDATE t SET v = v + 1 WHERE id = 1");
    Gate before_share("fill:before-share");
    std::thread leader([this] { read_.bind(1).first(); });
    before_share.wait_reached(kPatience);
    db_.query("UPDATE t SET v = v + 1 WHERE id = 1");
    {
      const Trap joined("flight:joined", [&] { before_share.open(); });
      read_.bind(1).first();
    }
    before_share.open();
    leader.join();
  }

  void read_past_a_publication() {
    const Trap publishing("publish:header-read", [this] { elsewhere([this] { read_.bind(3).first(); }); });
    db_.query("UPDATE t SET v = v + 1 WHERE id = 1");
  }

  // The old answer is given while a new one is fetched.
  void refresh() {
    Policy policy;
    policy.stale_while_revalidate = std::chrono::hours(1);
    const Statement read = db_.prepare("SELECT v FROM t WHERE id = ?", policy);
    for (int again = 0; again < 2; ++again) read.bind(1).first();
    db_.query("UPDATE t SET v = v + 1 WHERE id = 1");
    read.bind(1).first();
  }

  void compute() {
    const KvNamespace kv = db_.kv("deaths");
    for (int again = 0; again < 2; ++again) page_of(db_, kv);
  }

  int acks_;
  int kv_acks_;
  Database db_;
  Statement read_;
};

}  // namespace

void act(const std::string& path) { Actor(path).run(); }

}  // namespace tern::deaths
