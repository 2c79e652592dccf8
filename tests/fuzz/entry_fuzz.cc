// libFuzzer's entry point for the decoders of entry images and of bodies.
#include "tests/fuzz/entry_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  tern::test::read_all_of_entry_image(bytes);
  tern::test::read_all_of_body(bytes);
  return 0;
}
