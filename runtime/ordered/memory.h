// How is an operation of the model executed by this machine?
#pragma once

#include <array>
#include <cstddef>

#include "model/event.h"

namespace heddle::ordered {

/// The operands and the result of an access of 16 bytes, which a model::Value does not hold.
struct Wide {
  using Bytes = std::array<std::byte, 16>;
  Bytes operand{}, expected{};
  Bytes read{};
};

/// Executes the read, write or read-modify-write `label` on its `bytes` bytes at `cell`, in its
/// order, by the instructions that std::atomic has; plain accesses by ordinary ones.  Returns what
/// was read.  `wide` for 16 bytes, then the result is there.
model::Value Access(const model::Label& label, void* cell, Wide* wide);
void Fence(model::Order order);

}  // namespace heddle::ordered
