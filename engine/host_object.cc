#include "engine/host_object.h"

#include <sqlite3.h>

#include <array>
#include <new>
#include <utility>
#include <vector>

#include "engine/host_call.h"
#include "sql/error.h"
#include "sql/statement.h"
#include "sql/virtual_table.h"
#include "tern/error.hpp"

namespace tern {

void FunctionResult::set(const Value& value) noexcept {
  auto* const context = static_cast<sqlite3_context*>(context_);
  switch (value.type) {
    case Type::kNull:
      return sqlite3_result_null(context);
    case Type::kInteger:
      return sqlite3_result_int64(context, value.integer);
    case Type::kReal:
      return sqlite3_result_double(context, value.real);
    case Type::kText: {
      const char* const text = value.size == 0 ? "" : static_cast<const char*>(value.data);
      return sqlite3_result_text64(context, text, value.size, SQLITE_TRANSIENT, SQLITE_UTF8);
    }
    case Type::kBlob:
      if (value.size == 0) return sqlite3_result_zeroblob(context, 0);
      return sqlite3_result_blob64(context, value.data, value.size, SQLITE_TRANSIENT);
  }
}

Aggregate::~Aggregate() = default;

void Aggregate::inverse(Arguments) {
  throw Error(ErrorCode::kMisuse, "this aggregate was registered for windows, but has no inverse()");
}

namespace internal {
namespace {

// The arguments of one call as tern's values; they borrow from SQLite's.
class CallArguments {
 public:
  CallArguments(int count, sqlite3_value** values) : size_(static_cast<size_t>(count)) {
    if (size_ > few_.size()) many_.resize(size_);
    Value* const to = data();
    for (size_t i = 0; i < size_; ++i) to[i] = value_of(values[i]);
  }
  Arguments get() noexcept { return {data(), size_}; }

 private:
  Value* data() noexcept { return size_ > few_.size() ? many_.data() : few_.data(); }

  static Value value_of(sqlite3_value* value) {
    switch (sqlite3_value_type(value)) {
      case SQLITE_INTEGER:
        return Value(static_cast<int64_t>(sqlite3_value_int64(value)));
      case SQLITE_FLOAT:
        return Value(sqlite3_value_double(value));
      case SQLITE_TEXT: {
        const auto* const text = reinterpret_cast<const char*>(sqlite3_value_text(value));
        if (text == nullptr) throw std::bad_alloc();
        return Value(std::string_view(text, static_cast<size_t>(sqlite3_value_bytes(value))));
      }
      case SQLITE_BLOB: {
        const auto* const bytes = static_cast<const std::byte*>(sqlite3_value_blob(value));
        return Value(std::span(bytes, static_cast<size_t>(sqlite3_value_bytes(value))));
      }
      default:
        return Value();
    }
  }

  size_t size_;
  std::array<Value, 8> few_;
  std::vector<Value> many_;
};

// What the host throws ends the statement, with its message.
template <typename Work>
void guarded(sqlite3_context* context, Work&& work) noexcept {
  const HostCall inside;
  try {
    work();
  } catch (const std::bad_alloc&) {
    sqlite3_result_error_nomem(context);
  } catch (const std::exception& error) {
    sqlite3_result_error(context, error.what(), -1);
  } catch (...) {
    sqlite3_result_error(context, "the host's function threw an exception of an unknown type", -1);
  }
}

// What SQLite keeps of an object: a share in it.
template <typename Object>
using Share = std::shared_ptr<const Object>;

template <typename Object>
const Object& object_of(sqlite3_context* context) {
  return **static_cast<Share<Object>*>(sqlite3_user_data(context));
}

template <typename Object>
void drop_share(void* share) {
  delete static_cast<Share<Object>*>(share);
}

int flags_of(bool deterministic, bool in_schema) {
  return SQLITE_UTF8 | (deterministic ? SQLITE_DETERMINISTIC : 0) | (in_schema ? SQLITE_INNOCUOUS : 0);
}

class HostFunction final : public HostObject, public std::enable_shared_from_this<HostFunction> {
 public:
  HostFunction(std::string_view name, int arity, FunctionOptions options, Function function)
      : HostObject(Kind::kFunction, name, arity), options_(options), function_(std::move(function)) {}

  void apply_to(sql::Connection& connection) const override {
    auto* const share = new Share<HostFunction>(shared_from_this());
    note_in(connection, sqlite3_create_function_v2(connection.handle(), name_.c_str(), arity_,
                                                   flags_of(options_.deterministic, options_.in_schema), share, call,
                                                   nullptr, nullptr, drop_share<HostFunction>));
  }

 private:
  static void call(sqlite3_context* context, int count, sqlite3_value** values) {
    guarded(context, [&] {
      CallArguments args(count, values);
      FunctionResult result(context);
      object_of<HostFunction>(context).function_(args.get(), result);
    });
  }

  const FunctionOptions options_;
  const Function function_;
};

class HostAggregate final : public HostObject, public std::enable_shared_from_this<HostAggregate> {
 public:
  HostAggregate(std::string_view name, int arity, AggregateOptions options, AggregateFactory factory)
      : HostObject(Kind::kFunction, name, arity), options_(options), factory_(std::move(factory)) {}

  void apply_to(sql::Connection& connection) const override {
    auto* const share = new Share<HostAggregate>(shared_from_this());
    const int flags = flags_of(options_.deterministic, options_.in_schema);
    sqlite3* const db = connection.handle();
    note_in(connection, options_.window
                            ? sqlite3_create_window_function(db, name_.c_str(), arity_, flags, share, step, final_value,
                                                             value, inverse, drop_share<HostAggregate>)
                            : sqlite3_create_function_v2(db, name_.c_str(), arity_, flags, share, nullptr, step,
                                                         final_value, drop_share<HostAggregate>));
  }

 private:
  // SQLite gives each group a place of its own, zeroed, and ends each group that began by final_value().
  struct Place {
    Aggregate* aggregate;
  };
  static Aggregate*& place(sqlite3_context* context) {
    auto* const place = static_cast<Place*>(sqlite3_aggregate_context(context, sizeof(Place)));
    if (place == nullptr) throw std::bad_alloc();
    return place->aggregate;
  }
  static Aggregate& of_group(sqlite3_context* context) {
    Aggregate*& aggregate = place(context);
    if (aggregate == nullptr) aggregate = made(context).release();
    return *aggregate;
  }
  static std::unique_ptr<Aggregate> made(sqlite3_context* context) {
    auto aggregate = object_of<HostAggregate>(context).factory_();
    if (aggregate == nullptr) throw Error(ErrorCode::kMisuse, "the host made no aggregate");
    return aggregate;
  }

  static void step(sqlite3_context* context, int count, sqlite3_value** values) {
    guarded(context, [&] {
      CallArguments args(count, values);
      of_group(context).step(args.get());
    });
  }
  static void inverse(sqlite3_context* context, int count, sqlite3_value** values) {
    guarded(context, [&] {
      CallArguments args(count, values);
      of_group(context).inverse(args.get());
    });
  }
  static void value(sqlite3_context* context) {
    guarded(context, [&] {
      FunctionResult result(context);
      of_group(context).value(result);
    });
  }
  static void final_value(sqlite3_context* context) {
    guarded(context, [&] {
      const std::unique_ptr<Aggregate> last(&of_group(context));
      place(context) = nullptr;
      FunctionResult result(context);
      last->value(result);
    });
  }

  const AggregateOptions options_;
  const AggregateFactory factory_;
};

class HostCollation final : public HostObject, public std::enable_shared_from_this<HostCollation> {
 public:
  HostCollation(std::string_view name, Collation compare)
      : HostObject(Kind::kCollation, name, 0), compare_(std::move(compare)) {}

  void apply_to(sql::Connection& connection) const override {
    auto* const share = new Share<HostCollation>(shared_from_this());
    const int result = sqlite3_create_collation_v2(connection.handle(), name_.c_str(), SQLITE_UTF8, share, compare,
                                                   drop_share<HostCollation>);
    // Unlike the functions' its destructor is not called for a failure.
    if (result != SQLITE_OK) delete share;
    note_in(connection, result);
  }

 private:
  // noexcept: SQLite takes no error from a collation, and a wrong order would be written into indexes.
  static int compare(void* share, int left_size, const void* left, int right_size, const void* right) noexcept {
    const HostCall inside;
    const HostCollation& self = **static_cast<Share<HostCollation>*>(share);
    return self.compare_({static_cast<const char*>(left), static_cast<size_t>(left_size)},
                         {static_cast<const char*>(right), static_cast<size_t>(right_size)});
  }

  const Collation compare_;
};

}  // namespace

HostObject::HostObject(Kind kind, std::string_view name, int arity)
    : kind_(kind), name_(name), folded_name_(sql::lower_case(name)), arity_(arity) {
  if (name.empty() || name.find('\0') != std::string_view::npos)
    throw Error(ErrorCode::kMisuse, "a function or collation needs a name, without NUL bytes");
}

bool HostObject::name_is_taken(sql::Connection& connection) const {
  sql::Statement list(connection, kind_ == Kind::kFunction
                                      ? "SELECT 1 FROM pragma_function_list WHERE name = ?1 COLLATE NOCASE"
                                      : "SELECT 1 FROM pragma_collation_list WHERE name = ?1 COLLATE NOCASE");
  list.bind_text(1, name_);
  return list.step();
}

void HostObject::note_in(sql::Connection& connection, int sqlite_result) const {
  if (sqlite_result == SQLITE_OK) return connection.note_foreign(folded_name_);
  const std::string what = kind_ == Kind::kFunction
                               ? "register the function " + name_ + " with " + std::to_string(arity_) + " arguments"
                               : "register the collation " + name_;
  const char* const remedy = sqlite_result == SQLITE_MISUSE
                                 ? "names have at most 255 bytes, functions take -1 (any number) to 1,000 arguments"
                                 : "";
  throw sql::Error(sqlite_result, sql::describe(what, sqlite3_errstr(sqlite_result), remedy));
}

std::shared_ptr<const HostObject> host_function(std::string_view name, int arity, FunctionOptions options,
                                                Function function) {
  if (!function) throw Error(ErrorCode::kMisuse, "create_function: the function is empty");
  return std::make_shared<HostFunction>(name, arity, options, std::move(function));
}

std::shared_ptr<const HostObject> host_aggregate(std::string_view name, int arity, AggregateOptions options,
                                                 AggregateFactory factory) {
  if (!factory) throw Error(ErrorCode::kMisuse, "create_aggregate: the factory is empty");
  return std::make_shared<HostAggregate>(name, arity, options, std::move(factory));
}

std::shared_ptr<const HostObject> host_collation(std::string_view name, Collation compare) {
  if (!compare) throw Error(ErrorCode::kMisuse, "create_collation: the collation is empty");
  // It is used where no text names it: what hangs on it could not be told.
  if (sql::lower_case(name) == "binary")
    throw Error(ErrorCode::kUnsupported,
                "BINARY is the order of all that names no other; give the collation another name");
  return std::make_shared<HostCollation>(name, std::move(compare));
}

}  // namespace internal
}  // namespace tern
