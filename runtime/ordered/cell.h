// What is known of a variable whose operations are scheduled?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/event.h"

namespace heddle::ordered {

struct Cell {
  const char* name = "?";
  void* storage = nullptr;  ///< its `bytes` bytes
  std::uint8_t bytes = 8;
  bool holds_pointer = false;  ///< the model's have other values
  bool holds_address = true;   ///< perhaps: the model's are others
  bool of_waiters = false;     ///< hidden, beside the atomic that has the name
  bool written = false;
  model::Location location = -1;                  ///< the model's, once an operation has told
  std::vector<model::Value>* versions = nullptr;  ///< of a unit of text: all that it has held

  std::string Name() const { return (of_waiters ? "waiters of " : "") + std::string(name); }
};

}  // namespace heddle::ordered
