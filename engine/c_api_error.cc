// tern.h: status names and the last error of each thread.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

#include "engine/c_api_flags.h"
#include "engine/c_api_handles.h"
#include "tern/tern.hpp"

namespace tern::internal {
namespace {

// This thread's messages. Not in thread-local memory themselves: what a library has of that must fit, for all libraries
// that a program loads while it runs, into 1,664 bytes (glibc), or it cannot be loaded. So they are allocated with the
// first failure, and kept; where there is no memory, or the thread is at its end, one that says no more stands in.
constexpr size_t kMessageBytes = 2048;
constexpr const char* kNoMemoryForIt = "out of memory, for the message of this error too";
struct Messages {
  char last_error[kMessageBytes] = "";
  // What SQLite said of the same failure; the code is 0 where it was not SQLite that refused.
  char sqlite_message[kMessageBytes] = "";
  int sqlite_code = 0;
  int sqlite_offset = -1;
};
constinit thread_local Messages* messages = nullptr;
constinit thread_local bool thread_ended = false;
constinit thread_local uint64_t failed_calls = 0;

// glibc keeps the library loaded for as long as a thread has this to run.
struct FreeAtTheEnd {
  ~FreeAtTheEnd() {
    thread_ended = true;
    delete std::exchange(messages, nullptr);
  }
};

Messages* room_for_messages() noexcept {
  if (messages != nullptr || thread_ended) return messages;
  static thread_local FreeAtTheEnd at_the_end;
  (void)&at_the_end;
  return messages = new (std::nothrow) Messages();
}

constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

bool continues_a_character(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

tern_status status_of(ErrorCode code) noexcept { return static_cast<tern_status>(code); }

static_assert(static_cast<int>(ErrorCode::kSql) == TERN_SQL_ERROR);
static_assert(static_cast<int>(ErrorCode::kMisuse) == TERN_MISUSE);
static_assert(static_cast<int>(ErrorCode::kBusy) == TERN_BUSY);
static_assert(static_cast<int>(ErrorCode::kConstraint) == TERN_CONSTRAINT);
static_assert(static_cast<int>(ErrorCode::kNotFound) == TERN_NOT_FOUND);
static_assert(static_cast<int>(ErrorCode::kLimit) == TERN_LIMIT);
static_assert(static_cast<int>(ErrorCode::kIo) == TERN_IO);
static_assert(static_cast<int>(ErrorCode::kFull) == TERN_FULL);
static_assert(static_cast<int>(ErrorCode::kReadOnly) == TERN_READ_ONLY);
static_assert(static_cast<int>(ErrorCode::kCorrupt) == TERN_CORRUPT);
static_assert(static_cast<int>(ErrorCode::kNotADatabase) == TERN_NOT_A_DATABASE);
static_assert(static_cast<int>(ErrorCode::kNoMemory) == TERN_NO_MEMORY);
static_assert(static_cast<int>(ErrorCode::kUnsupported) == TERN_UNSUPPORTED);
static_assert(static_cast<int>(ErrorCode::kInternal) == TERN_INTERNAL);
static_assert(static_cast<int>(ErrorCode::kWouldBlock) == TERN_WOULD_BLOCK);

// tell(status, message) of the exception that is being handled.
template <typename Tell>
tern_status tell_current_exception(Tell&& tell) noexcept {
  try {
    throw;
  } catch (const Error& error) {
    return tell(status_of(error.code()), error.what());
  } catch (const std::bad_alloc&) {
    return tell(TERN_NO_MEMORY, "out of memory");
  } catch (const std::exception& error) {
    return tell(TERN_INTERNAL, error.what());
  } catch (...) {
    return tell(TERN_INTERNAL, "an exception of an unknown type");
  }
}

// Cuts what is too long between two characters.
void keep(std::string_view message, char (&kept)[kMessageBytes]) noexcept {
  size_t size = message.size();
  const bool cut = size > kMessageBytes - 1;
  if (cut) {
    size = kMessageBytes - 1 - kEllipsis.size();
    while (size > 0 && continues_a_character(message[size])) --size;
  }
  // A message may quote bytes that it was given; C reads up to the first NUL.
  std::replace_copy(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(size), kept, '\0', ' ');
  if (cut) std::memcpy(kept + size, kEllipsis.data(), kEllipsis.size());
  kept[cut ? size + kEllipsis.size() : size] = '\0';
}

}  // namespace

uint64_t failures() noexcept { return failed_calls; }

tern_status fail(tern_status status, std::string_view message) noexcept {
  ++failed_calls;
  Messages* const room = room_for_messages();
  if (room == nullptr) return status;
  keep(message, room->last_error);
  room->sqlite_message[0] = '\0';
  room->sqlite_code = 0;
  room->sqlite_offset = -1;
  return status;
}

tern_status fail_null(const char* function, const char* argument) noexcept {
  char message[128];
  const int size = std::snprintf(message, sizeof message, "%s: %s is NULL", function, argument);
  return fail(TERN_MISUSE, {message, std::min(static_cast<size_t>(size), sizeof message - 1)});
}

tern_status fail_would_block(const char* function) noexcept {
  static constexpr std::string_view kWhy =
      ": the hot tier has no fresh answer, and TERN_ONLY_HOT is set; ask without it where waiting does no harm";
  std::array<char, 192> message;
  char* end = message.data();
  for (const std::string_view part : {std::string_view(function), kWhy}) end = std::copy(part.begin(), part.end(), end);
  return fail(TERN_WOULD_BLOCK, {message.data(), static_cast<size_t>(end - message.data())});
}

tern_status fail_current_exception() noexcept {
  try {
    throw;
  } catch (const Error& error) {
    const tern_status status = fail(status_of(error.code()), error.what());
    if (messages != nullptr) {
      keep(error.sqlite_message(), messages->sqlite_message);
      messages->sqlite_code = error.sqlite_code();
      messages->sqlite_offset = error.sql_offset();
    }
    return status;
  } catch (...) {
    return tell_current_exception(fail);
  }
}

tern_status status_of_error(const std::exception_ptr& error, std::string& message) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (...) {
    return tell_current_exception([&](tern_status status, std::string_view text) noexcept {
      try {
        message = text;
      } catch (const std::bad_alloc&) {
        message.clear();
      }
      return status;
    });
  }
}

}  // namespace tern::internal

extern "C" {

const char* tern_version(void) { return tern::version(); }

const char* tern_status_name(tern_status status) {
  if (status == TERN_OK) return "ok";
  return tern::error_code_name(static_cast<tern::ErrorCode>(status));
}

const char* tern_last_error(void) {
  using namespace tern::internal;
  if (messages != nullptr) return messages->last_error;
  return failures() == 0 ? "" : kNoMemoryForIt;
}

int tern_last_sqlite_error(int* offset, const char** message) {
  using tern::internal::messages;
  if (offset != nullptr) *offset = messages == nullptr ? -1 : messages->sqlite_offset;
  if (message != nullptr) *message = messages == nullptr ? "" : messages->sqlite_message;
  return messages == nullptr ? 0 : messages->sqlite_code;
}

}  // extern "C"
