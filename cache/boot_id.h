// Which boot of the machine this is: shared memory does not outlive one, and neither may what was derived from it.
#pragma once

#include <string>

namespace tern::cache {

// The kernel's word for it, 36 characters; empty when it cannot be read.
std::string kernel_boot_id();

}  // namespace tern::cache
