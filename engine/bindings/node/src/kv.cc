// KV namespaces: a get that the hot tier answers at once, and all else on a thread that may wait.

#include <cstring>
#include <string>

#include "failure.h"
#include "instance.h"
#include "kv_writes.h"
#include "napi_tools.h"
#include "work.h"
#include <tern/tern.h>

namespace tern_node {
namespace {

std::string_view text_of(const tern_kv_info& info) { return {info.metadata, info.metadata_len}; }

class Open : public Work {
 public:
  Open(std::shared_ptr<Database> database, std::string name, uint32_t limits)
      : database_(std::move(database)), name_(std::move(name)), limits_(limits) {}
  void run() override {
    tern_kv_options options = {};
    options.size = sizeof options;
    options.limits = limits_;
    tern_kv* opened = nullptr;
    demand(tern_kv_open_with(database_->handle, name_.c_str(), &options, &opened));
    opened_ = std::make_shared<Namespace>(database_, opened);
  }
  napi_value give(napi_env env) override { return number(env, instance_of(env).namespaces.add(std::move(opened_))); }

 private:
  const std::shared_ptr<Database> database_;
  const std::string name_;
  const uint32_t limits_;
  std::shared_ptr<Namespace> opened_;
};

// kvOpen(database, name, limits) -> promise of the number of the namespace
napi_value open(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  return start(env, std::make_unique<Open>(instance_of(env).databases.get(uint32_of(env, arguments[0])),
                                           string_of(env, arguments[1]), uint32_of(env, arguments[2])));
}

// kvHot(namespace, length of the key, with info) -> bytes of the value in the result buffer; -1: ask kvGet(); -2: there
// is no such key. With info, the info buffer gets metadata_len:4 source:4 expires_at_ms:8 metadata.
napi_value hot(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3];
  void* data = nullptr;
  if (napi_get_cb_info(env, info, &count, arguments, nullptr, &data) != napi_ok) return nullptr;
  const Instance& instance = *static_cast<const Instance*>(data);
  uint32_t number = 0;
  uint32_t key_len = 0;
  uint32_t with_info = 0;
  napi_get_value_uint32(env, arguments[0], &number);
  napi_get_value_uint32(env, arguments[1], &key_len);
  napi_get_value_uint32(env, arguments[2], &with_info);
  int32_t given = -1;
  const Namespace* const names = instance.namespaces.find(number);
  if (names != nullptr && key_len <= instance.params.size) {
    tern_kv_info known;
    known.size = sizeof known;
    size_t size = 0;
    const tern_status status =
        tern_kv_get_with(names->handle, instance.params.data, key_len, TERN_ONLY_HOT, instance.result.data,
                         instance.result.size, &size, with_info != 0 ? &known : nullptr);
    if (status == TERN_NOT_FOUND) given = -2;
    if (status == TERN_OK) given = static_cast<int32_t>(size);
    if (status == TERN_OK && with_info != 0) {
      const auto metadata_len = static_cast<uint32_t>(known.metadata_len);
      std::memcpy(instance.info.data, &metadata_len, 4);
      std::memcpy(instance.info.data + 4, &known.source, 4);
      std::memcpy(instance.info.data + 8, &known.expires_at_ms, 8);
      std::memcpy(instance.info.data + 16, known.metadata, metadata_len);
    }
  }
  napi_value result = nullptr;
  napi_create_int32(env, given, &result);
  return result;
}

// [value, metadata or null, expires_at_ms, source]
napi_value value_to(napi_env env, const tern_kv_value* value) {
  size_t size = 0;
  const auto* const data = static_cast<const std::byte*>(tern_kv_value_data(value, &size));
  tern_kv_info known;
  known.size = sizeof known;
  demand(tern_kv_value_info(value, &known));
  napi_value given = array(env, 4);
  set_at(env, given, 0, buffer(env, {data, size}));
  set_at(env, given, 1, known.metadata_len == 0 ? null(env) : string(env, text_of(known)));
  set_at(env, given, 2, number(env, static_cast<double>(known.expires_at_ms)));
  set_at(env, given, 3, number(env, known.source));
  return given;
}

class Get : public Work {
 public:
  Get(std::shared_ptr<Namespace> names, std::vector<Bytes> keys)
      : names_(std::move(names)), keys_(std::move(keys)), values_(keys_.size(), nullptr) {}
  ~Get() override {
    for (tern_kv_value* value : values_) tern_kv_value_free(value);
  }
  void run() override {
    std::vector<tern_kv_name> lent;
    for (const Bytes& key : keys_) lent.push_back({key.data(), key.size()});
    demand(tern_kv_get_many(names_->handle, lent.data(), lent.size(), values_.data()));
  }
  napi_value give(napi_env env) override {
    napi_value given = array(env, values_.size());
    for (uint32_t i = 0; i < values_.size(); ++i)
      set_at(env, given, i, values_[i] == nullptr ? null(env) : value_to(env, values_[i]));
    return given;
  }

 private:
  const std::shared_ptr<Namespace> names_;
  const std::vector<Bytes> keys_;
  std::vector<tern_kv_value*> values_;
};

// kvGet(namespace, keys) -> promise of an array: of each key null, or [value, metadata or null, expires_at_ms, source]
napi_value get(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  auto names = instance_of(env).namespaces.get(uint32_of(env, arguments[0]));
  std::vector<Bytes> keys;
  const uint32_t count = length_of(env, arguments[1]);
  for (uint32_t i = 0; i < count; ++i) keys.push_back(bytes_of(env, element(env, arguments[1], i)));
  return start(env, std::make_unique<Get>(std::move(names), std::move(keys)));
}

class Write : public Work {
 public:
  Write(std::shared_ptr<Namespace> names, std::vector<KvWrite> writes)
      : names_(std::move(names)), writes_(std::move(writes)) {}
  void run() override { run_writes(*names_, writes_); }
  napi_value give(napi_env env) override {
    napi_value given = array(env, writes_.size());
    for (uint32_t i = 0; i < writes_.size(); ++i)
      set_at(env, given, i, writes_[i].failure ? writes_[i].failure->to_error(env) : null(env));
    return given;
  }

 private:
  const std::shared_ptr<Namespace> names_;
  std::vector<KvWrite> writes_;
};

// kvWrite(namespace, writes) -> promise of an array: of each write null, or its error. A write is [key, value,
// expires_at_ms or 0, metadata], a value of null deletes.
napi_value write(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  auto names = instance_of(env).namespaces.get(uint32_of(env, arguments[0]));
  std::vector<KvWrite> writes;
  const uint32_t count = length_of(env, arguments[1]);
  for (uint32_t i = 0; i < count; ++i) {
    napi_value given = element(env, arguments[1], i);
    napi_value value = element(env, given, 1);
    KvWrite write;
    write.key = bytes_of(env, element(env, given, 0));
    write.deletes = type_of(env, value) == napi_null;
    write.value = bytes_of(env, value);
    write.expires_at_ms = static_cast<int64_t>(number_of(env, element(env, given, 2)));
    write.metadata = bytes_of(env, element(env, given, 3));
    writes.push_back(std::move(write));
  }
  return start(env, std::make_unique<Write>(std::move(names), std::move(writes)));
}

class List : public Work {
 public:
  List(std::shared_ptr<Namespace> names, Bytes prefix, Bytes from, size_t limit)
      : names_(std::move(names)), prefix_(std::move(prefix)), from_(std::move(from)), limit_(limit) {}
  ~List() override {
    for (tern_kv_page* page : pages_) tern_kv_page_free(page);
  }

  // Until there are as many as were asked for: a page may be short where keys have expired.
  void run() override {
    tern_kv_list_options options = {};
    options.size = sizeof options;
    options.prefix = prefix_.data();
    options.prefix_len = prefix_.size();
    options.start = from_.data();
    options.start_len = from_.size();
    do {
      options.limit = limit_ - count_;
      tern_kv_page* page = nullptr;
      demand(tern_kv_list(names_->handle, &options, &page));
      pages_.push_back(page);
      count_ += tern_kv_page_count(page);
      options.cursor = tern_kv_page_cursor(page, &options.cursor_len);
      options.start = nullptr;
      options.start_len = 0;
    } while (options.cursor != nullptr && count_ < limit_);
    more_ = options.cursor != nullptr;
  }
  napi_value give(napi_env env) override {
    napi_value keys = array(env, count_);
    uint32_t at = 0;
    for (const tern_kv_page* page : pages_) {
      for (size_t i = 0; i < tern_kv_page_count(page); ++i) {
        tern_kv_key key = {};
        key.size = sizeof key;
        demand(tern_kv_page_key(page, i, &key));
        napi_value given = array(env, 3);
        set_at(env, given, 0, string(env, {key.name, key.name_len}));
        set_at(env, given, 1, key.metadata_len == 0 ? null(env) : string(env, {key.metadata, key.metadata_len}));
        set_at(env, given, 2, number(env, static_cast<double>(key.expires_at_ms)));
        set_at(env, keys, at++, given);
      }
    }
    napi_value given = array(env, 2);
    napi_value more = nullptr;
    check(napi_get_boolean(env, more_, &more), "a boolean");
    set_at(env, given, 0, keys);
    set_at(env, given, 1, more);
    return given;
  }

 private:
  const std::shared_ptr<Namespace> names_;
  const Bytes prefix_, from_;
  const size_t limit_;
  std::vector<tern_kv_page*> pages_;
  size_t count_ = 0;
  bool more_ = false;
};

// kvList(namespace, prefix, from, limit) -> promise of [[name, metadata or null, expires_at_ms]…, whether more follow]
napi_value list(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  return start(env, std::make_unique<List>(instance_of(env).namespaces.get(uint32_of(env, arguments[0])),
                                           bytes_of(env, arguments[1]), bytes_of(env, arguments[2]),
                                           uint32_of(env, arguments[3])));
}

}  // namespace

void add_kv_functions(napi_env env, napi_value exports) {
  add_function(env, exports, "kvOpen", exported<open>);
  add_function(env, exports, "kvHot", hot);
  add_function(env, exports, "kvGet", exported<get>);
  add_function(env, exports, "kvWrite", exported<write>);
  add_function(env, exports, "kvList", exported<list>);
}

}  // namespace tern_node
