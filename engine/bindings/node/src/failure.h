// Why a call of tern.h failed, taken from the thread that made it and carried to the event loop.
//
// As a JavaScript error it has the message, and the properties `status` (tern_status_name(): "constraint", …),
// `sqliteCode` (extended, 0 where it was not SQLite that refused), `sqliteMessage`, `offset` and `kind`: what the addon
// itself found out, "" where it was tern that refused.
#pragma once

#include <node_api.h>

#include <string>

#include <tern/tern.h>

namespace tern_node {

struct Failure {
  tern_status status = TERN_INTERNAL;
  int sqlite_code = 0;
  int offset = -1;
  std::string message;
  std::string sqlite_message;
  const char* kind = "";

  // The last failure of this thread.
  static Failure of_last_call(tern_status status);
  // One of the addon's own.
  static Failure of_kind(const char* kind, std::string message);

  // Null only where Node can make no error; an exception of JavaScript is pending then.
  napi_value to_error(napi_env env) const noexcept;
};

// Throws what the call left behind.
inline void demand(tern_status status) {
  if (status != TERN_OK) throw Failure::of_last_call(status);
}

}  // namespace tern_node
