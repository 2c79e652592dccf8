// The table of docs/examples/properties.sql for measurements that are about precision, not speed: the example data
// itself (--data), or as many invented rows of the same sizes.
#pragma once

#include <string>
#include <vector>

#include "bench/core/harness.h"

namespace bench {

struct ExamplePlace {
  std::string id, region;
};

class Places {
 public:
  // Makes `file`, a database of its own in WAL mode, log empty.
  Places(const Context& context, const std::string& file);
  const std::vector<ExamplePlace>& all() const { return all_; }  // in a random order: what is popular lies anywhere
  const std::string& origin() const { return origin_; }

 private:
  std::vector<ExamplePlace> all_;
  std::string origin_;
};

}  // namespace bench
