// The registers of an interrupted CPU, as a trap handler sees and edits them.
#pragma once

#include <cstdint>

namespace heddle {

class TrapFrame {
 public:
  /// Where it goes on.  After a breakpoint: behind INT3 on x86-64, at BRK itself on arm64.
  virtual std::uintptr_t pc() const = 0;
  virtual void set_pc(std::uintptr_t pc) = 0;

  /// x86-64: 0 is RAX, and there is no other.  arm64: 0 … 30; 30 is the link register.
  virtual std::uint64_t reg(int n) const = 0;
  virtual void set_reg(int n, std::uint64_t value) = 0;

  /// x86-64: EFLAGS.  arm64: NZCV, in bits 31 … 28.
  virtual std::uint32_t flags() const = 0;
  virtual void set_flags(std::uint32_t flags) = 0;

  /// x86-64, as CALL and RET do: a return address on top of the interrupted stack.
  virtual void push(std::uintptr_t return_address) = 0;
  virtual std::uintptr_t pop() = 0;

 protected:
  ~TrapFrame() = default;
};

}  // namespace heddle
