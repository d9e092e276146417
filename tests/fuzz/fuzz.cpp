// Can libFuzzer find an input that does not end well?  ./x fuzz
#include <cstddef>
#include <cstdint>

#include "tests/support/any_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)heddle::TakeAnyInput(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
