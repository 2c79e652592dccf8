// Databases: open, close, and what the engine tells of itself.

#include <string>

#include "failure.h"
#include "instance.h"
#include "napi_tools.h"
#include "work.h"
#include <tern/tern.h>

namespace tern_node {
namespace {

struct NumberOption {
  const char* name;
  void (*set)(tern_options& options, double value);
};

constexpr NumberOption kNumbers[] = {
    {"hotBytes", [](tern_options& o, double v) { o.hot_bytes = static_cast<uint64_t>(v); }},
    {"storeBytes", [](tern_options& o, double v) { o.store_bytes = static_cast<uint64_t>(v); }},
    {"maxEntryBytes", [](tern_options& o, double v) { o.max_entry_bytes = static_cast<uint64_t>(v); }},
    {"maxLogBytes", [](tern_options& o, double v) { o.max_log_bytes = static_cast<uint64_t>(v); }},
    {"kvMapBytes", [](tern_options& o, double v) { o.kv_map_bytes = static_cast<uint64_t>(v); }},
    {"busyTimeoutMs", [](tern_options& o, double v) { o.busy_timeout_ms = static_cast<uint32_t>(v); }},
    {"maxReadConnections", [](tern_options& o, double v) { o.max_read_connections = static_cast<uint32_t>(v); }},
    {"pageCacheKib", [](tern_options& o, double v) { o.page_cache_kib = static_cast<uint32_t>(v); }},
    {"checkpointFrames", [](tern_options& o, double v) { o.checkpoint_frames = static_cast<uint32_t>(v); }},
    {"flags", [](tern_options& o, double v) { o.flags = static_cast<uint32_t>(v); }},
};

// open(path, options) -> number of the database
napi_value open(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  tern_options options = {};
  options.size = sizeof options;
  for (const NumberOption& option : kNumbers) {
    napi_value value = property(env, arguments[1], option.name);
    if (type_of(env, value) != napi_undefined) option.set(options, number_of(env, value));
  }
  tern_database* opened = nullptr;
  demand(tern_open(string_of(env, arguments[0]).c_str(), &options, &opened));
  return number(env, instance_of(env).databases.add(std::make_shared<Database>(opened)));
}

// Closing writes what is left of the log: not on the event loop.
class Close : public Work {
 public:
  explicit Close(std::shared_ptr<Database> database) : database_(std::move(database)) {}
  void run() override { database_.reset(); }
  napi_value give(napi_env env) override { return undefined(env); }

 private:
  std::shared_ptr<Database> database_;
};

// close(database) -> promise. Work that is under way keeps the database open until it ends.
napi_value close(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Instance& instance = instance_of(env);
  std::shared_ptr<Database> database = instance.databases.drop(uint32_of(env, arguments[0]));
  instance.statements.drop_those_of(database.get());
  instance.namespaces.drop_those_of(database.get());
  return start(env, std::make_unique<Close>(std::move(database)));
}

// Text that comes out by the rule of tern_stats(): again with more room where it did not fit.
template <typename Ask>
std::string text_of(Ask&& ask) {
  std::string text(4096, '\0');
  for (;;) {
    size_t size = 0;
    const tern_status status = ask(text.data(), text.size(), &size);
    if (status == TERN_LIMIT && size > text.size()) {
      text.resize(size + 1024);
      continue;
    }
    demand(status);
    text.resize(size);
    return text;
  }
}

// stats(database) -> JSON
napi_value stats(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  const auto database = instance_of(env).databases.get(uint32_of(env, arguments[0]));
  return string(env, text_of([&](char* json, size_t cap, size_t* size) {
                  return tern_stats(database->handle, json, cap, size);
                }));
}

class Explain : public Work {
 public:
  Explain(std::shared_ptr<Database> database, std::string sql) : database_(std::move(database)), sql_(std::move(sql)) {}
  void run() override {
    json_ = text_of([&](char* json, size_t cap, size_t* size) {
      return tern_explain(database_->handle, sql_.data(), sql_.size(), values.data(), values.size(), json, cap, size);
    });
  }
  napi_value give(napi_env env) override { return string(env, json_); }

  std::vector<tern_value> values;
  std::vector<Bytes> texts;  // what values borrow

 private:
  const std::shared_ptr<Database> database_;
  const std::string sql_;
  std::string json_;
};

// [type, number or bytes]
tern_value value_of(napi_env env, napi_value given, std::vector<Bytes>& texts) {
  tern_value value = {};
  value.type = uint32_of(env, element(env, given, 0));
  napi_value content = element(env, given, 1);
  if (value.type == TERN_INTEGER) {
    bool lossless = false;
    check(napi_get_value_bigint_int64(env, content, &value.as.integer, &lossless), "an integer");
  } else if (value.type == TERN_REAL) {
    value.as.real = number_of(env, content);
  } else if (value.type != TERN_NULL) {
    texts.push_back(bytes_of(env, content));
    value.as.data = texts.back().data();
    value.len = texts.back().size();
  }
  return value;
}

// explain(database, sql, values) -> promise of JSON
napi_value explain(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  auto work = std::make_unique<Explain>(instance_of(env).databases.get(uint32_of(env, arguments[0])),
                                        string_of(env, arguments[1]));
  const uint32_t count = length_of(env, arguments[2]);
  for (uint32_t i = 0; i < count; ++i)
    work->values.push_back(value_of(env, element(env, arguments[2], i), work->texts));
  return start(env, std::move(work));
}

// invalidate(database, what, name): what is "tag", "table" or "all".
napi_value invalidate(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  const auto database = instance_of(env).databases.get(uint32_of(env, arguments[0]));
  const std::string what = string_of(env, arguments[1]);
  const std::string name = string_of(env, arguments[2]);
  if (what == "tag") {
    demand(tern_invalidate_tag(database->handle, name.data(), name.size()));
  } else if (what == "table") {
    demand(tern_invalidate_table(database->handle, name.data(), name.size()));
  } else {
    demand(tern_invalidate_all(database->handle));
  }
  return undefined(env);
}

}  // namespace

void add_database_functions(napi_env env, napi_value exports) {
  add_function(env, exports, "open", exported<open>);
  add_function(env, exports, "close", exported<close>);
  add_function(env, exports, "stats", exported<stats>);
  add_function(env, exports, "explain", exported<explain>);
  add_function(env, exports, "invalidate", exported<invalidate>);
}

}  // namespace tern_node
