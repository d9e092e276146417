// What do bytes say to a person?  Capstone's text of one instruction.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "isa/isa.h"

namespace heddle::events {

/// "jmp 0x10"; empty if `bytes` do not begin with an instruction that Capstone knows.  `offset`:
/// where it stands in its text; targets are offsets, too.
std::string Disassemble(Isa isa, std::span<const std::uint8_t> bytes, std::uint64_t offset);

/// `hex`, and the instruction's text in parentheses if there is one.
std::string WithDisassembly(std::string hex, Isa isa, std::span<const std::uint8_t> bytes,
                            std::uint64_t offset);

}  // namespace heddle::events
