// How does a tracer whose sites are breakpoints not trap on its own way, again and again?
//
//     B1 look up the instruction that the breakpoint has displaced
//     B2 in the tracer already? (stack_flag.h) then no callback
//     B3 the callback
//     B4 do the displaced instruction; return behind it
//
//   B2        A breakpoint that the callback hits is cut here.
//   B4        always comes: a handler that finds the flag set and just returns, returns to the
//             breakpoint.  What is displaced must be such that the handler can do it (NOP, CALL,
//             JMP); to single-step it needs another trap, with a way of its own.
//   B1        cannot be behind the guard alone, since B4 needs what it finds also where B2 has cut.
//             So no flag helps if what it executes has a breakpoint: the trap recurs before anybody
//             looks at a flag, or (B2 first) each time that one has cut.  What is executed from the
//             vector to B2, and from B3's end to the return, is closed: nothing there can be
//             probed, nor be called from there unless it is closed, too.  Functions of general use
//             are copied.  Once it is closed, B1 and B2 may come in either order.
//
// Sources: Linux's Documentation/trace/kprobes.rst (blacklist), Documentation/core-api/entry.rst
// (noinstr); T. Gleixner, M. Hiramatsu, LKML, "Instrumentation and RCU", March 2020: why a flag
// alone does not do.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "isa/x86_64.h"
#include "patching/x86_int3.h"
#include "runtime/runtime.h"
#include "tracing/stack_flag.h"

namespace heddle {

/// The mechanism's steps, each of which a mutant drops in turn.
struct BreakpointSteps {
  bool guard = true;           ///< B2
  bool always_emulate = true;  ///< B4 also where B2 has cut
  bool guard_last = true;      ///< B2 comes after B1; false: before it
  bool find_anyway = true;     ///< and then B1 is done where B2 has cut, too
  bool refuse_closed = true;   ///< what is closed is not probed
};

/// Sites of one region, of which the bytes from `closed` on are not probed.  On x86-64.
template <Runtime Rt, std::size_t kStacks, std::size_t kSites,
          BreakpointSteps kSteps = BreakpointSteps{}>
class BreakpointTracer {
 public:
  using Region = typename Rt::CodeRegion;
  using Here = SourceLocation;

  BreakpointTracer(Region& text, const std::array<X86Site, kSites>& sites, std::size_t closed)
      : text_(text), sites_(sites), closed_(closed) {
    for (const X86Site& s : sites_) {
      const auto bytes = s.now.Encode();
      Rt::declare_instruction(text_, s.offset, std::span(bytes).first(s.now.length));
      Rt::declare_instruction(text_, s.offset, {&kInt3, 1});
    }
  }

  /// On the only CPU that executes the text.  (With others: patching/x86_int3.h.)
  void Arm(std::size_t site, Here at = Here::Current()) {
    const std::size_t offset = sites_[site].offset;
    if (kSteps.refuse_closed && offset >= closed_) {
      Rt::report(Fault::kMisuse,
                 "probes text+" + std::to_string(offset) + ", which the probes' handler executes",
                 at);
      return;
    }
    Rt::write_code(text_, offset, {&kInt3, 1});
    Rt::synchronize_context();
  }

  /// B1 to B4; false: no site of ours.  `search()` is what B1 executes besides, `stack()` as in
  /// StackFlags::Run.
  template <typename Search, typename Stack, typename F>
  bool HandleTrap(TrapFrame& frame, Search search, Stack stack, F callback) {
    const std::uintptr_t at = frame.pc() - 1;
    const X86Site* site = nullptr;
    const auto find = [&] {  // B1
      search();
      for (const X86Site& s : sites_)
        if (text_.address(s.offset) == at) site = &s;
    };
    if constexpr (kSteps.guard_last) {
      find();
      if (site == nullptr) return false;
    }
    const auto trace = [&] {
      if constexpr (!kSteps.guard_last) find();
      callback();
    };
    if constexpr (!kSteps.guard) {
      trace();
    } else if (!flags_.Run(stack, 0, trace)) {  // B2, B3
      if constexpr (!kSteps.always_emulate) {
        frame.set_pc(at);
        return true;
      }
      if constexpr (!kSteps.guard_last && kSteps.find_anyway) find();
    }
    if (site == nullptr) return false;
    site->now.Execute(frame, at);  // B4
    return true;
  }

 private:
  Region& text_;
  const std::array<X86Site, kSites> sites_;
  const std::size_t closed_;
  StackFlags<Rt, kStacks> flags_;
};

}  // namespace heddle
