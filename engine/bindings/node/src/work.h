// Work that may wait: run on a thread of libuv's pool, its end told to the event loop as a promise.
//
// Contract. start() and give() belong to the event loop's thread, run() to any. What run() throws rejects the promise;
// a Failure keeps its properties. Whatever run() uses is kept alive by the Work itself.
#pragma once

#include <node_api.h>

#include <memory>

namespace tern_node {

class Work {
 public:
  virtual ~Work() = default;
  virtual void run() = 0;
  // What the promise is fulfilled with.
  virtual napi_value give(napi_env env) = 0;
};

// The promise.
napi_value start(napi_env env, std::unique_ptr<Work> work);

}  // namespace tern_node
