// For its lifetime the process is an ordinary user: root may write everywhere, and permissions would go untested.
#pragma once

#include <unistd.h>

namespace tern::test {

class AsNobody {
 public:
  AsNobody() : was_root_(::geteuid() == 0), binds_(!was_root_ || ::seteuid(kNobody) == 0) {}
  ~AsNobody() {
    if (was_root_ && binds_ && ::seteuid(0) != 0) ::_exit(1);
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

  bool permissions_bind() const { return binds_; }

 private:
  static constexpr uid_t kNobody = 65534;
  bool was_root_;
  bool binds_;
};

}  // namespace tern::test
