// The one place where SQLite's failures become tern::Error.
#pragma once

#include <exception>
#include <new>
#include <utility>

#include "sql/error.h"
#include "tern/error.hpp"

namespace tern::internal {

ErrorCode error_code_of(int sqlite_primary_code) noexcept;
Error translate(const sql::Error& error);

// Runs `work`; what sql/ throws leaves as tern::Error. Costs nothing unless something is thrown.
template <typename Work>
decltype(auto) translated(Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (const sql::Error& error) {
    throw translate(error);
  }
}

}  // namespace tern::internal
