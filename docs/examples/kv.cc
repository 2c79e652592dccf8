// Keeps sessions in a KV namespace: with a time to live and metadata, counted, changed by two at once, and listed.
#include <iostream>

#include <tern/tern.hpp>

using namespace std::chrono_literals;

int main(int argc, char** argv) try {
  tern::Database db = tern::open(argc > 1 ? argv[1] : "kv.db");
  tern::KvNamespace sessions = db.kv("sessions");

  // A value is gone half an hour later, to the millisecond.
  sessions.put("user/17", "step 1", {.ttl = 30min, .metadata = R"({"device":"phone"})"});
  for (int i = 0; i < 2; ++i) {
    if (auto session = sessions.get("user/17"))
      std::cout << session->text() << ' ' << session->metadata() << ", from " << tern::source_name(session->source())
                << '\n';
  }

  std::cout << "visits: " << sessions.increment("visits") << '\n';

  // Changed only if nobody else has changed it since it was read.
  const uint64_t read_at = sessions.get("user/17")->version();
  sessions.put("user/17", "step 2", {.ttl = 30min});
  if (!sessions.put_if_version("user/17", read_at, "step 1, late")) std::cout << "somebody was faster\n";

  for (const tern::KvKey& key : sessions.list({.prefix = "user/"}).keys)
    std::cout << key.name << (key.expires_at_ms != 0 ? " expires\n" : " stays\n");
  std::cout << "deleted: " << sessions.remove_prefix("user/") << '\n';
} catch (const tern::Error& error) {
  std::cerr << tern::error_code_name(error.code()) << ": " << error.what() << '\n';
  return 1;
}
