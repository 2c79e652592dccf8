// MD5 (RFC 1321), by which sqllogictest files give long results. Against accidents, not against people.
#pragma once

#include <string>
#include <string_view>

namespace tern::test {

// As 32 hexadecimal digits.
std::string md5(std::string_view text);

}  // namespace tern::test
