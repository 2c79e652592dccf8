// Text for people and for files: how values, long texts and odd bytes are shown.
//
// Contract: pure functions. Texts are UTF-8; what is not is never passed on to a terminal as it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tern/value.hpp"

namespace tern::cli {

// The offset of the first byte that is not part of well-formed UTF-8 (RFC 3629).
std::optional<size_t> first_invalid_utf8(std::string_view text) noexcept;

// How many cells of a terminal a text takes: two for wide East Asian characters and emoji, none for combining marks.
size_t display_width(std::string_view text) noexcept;

// `text` with control characters, and bytes that are not UTF-8, as escapes (\n, \x1b): it can then neither break a
// table nor steer a terminal.
std::string escape_controls(std::string_view text);

// At most `cells` wide, escaped, ending with "…" if it was cut.
std::string shorten(std::string_view text, size_t cells);
// How much of a bad record a message shows.
inline constexpr size_t kShownCells = 60;

// "1,234,567".
std::string group_digits(uint64_t number);

// The shortest decimal that reads back as the same double, always with a point or an exponent, as SQLite prints
// REAL: 1.0, 0.1, 1.0e+100, Inf.
std::string real_text(double value);

std::string hex(std::span<const std::byte> bytes);

// As a SQL literal: NULL, 7, 1.5, 'it''s', x'00ff'.
std::string literal(const Value& value);

// As a JSON value: text as a string (bytes that are not UTF-8 become U+FFFD), a blob as a string of its hexadecimal
// digits, an infinite REAL as 1e999, which reads back as infinite.
std::string json_value(const Value& value);
std::string json_string(std::string_view text);

// A moment in UTC, to the millisecond: "2026-01-31 09:05:00.250 UTC".
std::string moment_text(int64_t ms_since_1970);
// "250ms", "60s", "5m", "2h", "7d", or a plain number of seconds, in milliseconds; nothing if it is none of them, is
// not whole, or does not fit.
std::optional<int64_t> milliseconds_of(std::string_view text) noexcept;

}  // namespace tern::cli
