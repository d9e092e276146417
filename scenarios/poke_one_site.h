// poke_one_site: a patcher changes the instruction at one site while executors call through it.
//
//     Patcher                          Executor (one or two)
//     for each version v:              again and again:
//       started = v                      low = finished (acquire)
//       poke(site, instruction(v))       r = call function; what it returns tells the instruction
//       finished = v (release)           high = started
//
// Whatever an executor runs must be a version between `low` and `high`, whole, and no older than
// what it ran before: once new, never old.  Versions go round NOP, CALL, JMP; the function returns
// 1, 2 or 3.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "patching/x86_int3.h"
#include "runtime/scenario.h"

namespace heddle {

template <Runtime Rt, int kExecutors, int kPokes, int kCalls, Int3Steps kSteps = Int3Steps{}>
class PokeOneSiteProgram {
 public:
  PokeOneSiteProgram() { Rt::set_trap_handler(&Poker::OnTrap, &poker_); }

  void Thread(int cpu) { cpu == 0 ? Patch() : Execute(); }
  std::array<Observation, 1> Observed() const { return {returned_[0]}; }

 private:
  using Poker = X86Int3<Rt, kSteps>;
  static constexpr std::size_t kSite = 5, kCallee = 16, kJumpTarget = 24;

  void Patch() {
    for (int v = 1; Rt::again(v - 1, kPokes); ++v) {
      started_.store(v, std::memory_order_relaxed);
      poker_.Poke(InstructionOf(v));
      finished_.store(v, std::memory_order_release);
    }
  }

  void Execute() {
    Observation returned = returned_[0];
    int version = 0;
    for (int i = 0; Rt::again(i, kCalls); ++i) {
      const int low = finished_.load(std::memory_order_acquire);
      const auto r = static_cast<int>(Rt::call(text_, 0));
      // Pairs with the release fence in Poke: what was executed had been started.
      Rt::fence(std::memory_order_acquire);
      const int high = started_.load(std::memory_order_relaxed);
      Rt::observe(returned, r);
      if (version < low) version = low;
      while (version % 3 + 1 != r && version <= high) ++version;
      Rt::check(version <= high, "an executor ran an instruction older than one it must have seen");
    }
  }

  X86Site5 InstructionOf(int version) const {
    switch (version % 3) {
      case 1:
        return X86Site5::Call(poker_.site(), text_.address(kCallee));
      case 2:
        return X86Site5::Jump(poker_.site(), text_.address(kJumpTarget));
      default:
        return X86Site5::Nop();
    }
  }

  // mov eax, 1; site: nop5; ret     callee: mov eax, 2; ret     jump target: mov eax, 3; ret
  static constexpr std::array<std::uint8_t, 30> kCode = {
      0xB8, 1,    0, 0, 0, 0x0F, 0x1F, 0x44, 0,    0,    0xC3, 0xCC, 0xCC, 0xCC, 0xCC,
      0xCC, 0xB8, 2, 0, 0, 0,    0xC3, 0xCC, 0xCC, 0xB8, 3,    0,    0,    0,    0xC3};

  typename Rt::CodeRegion text_ = MakeText();
  Poker poker_{text_, kSite, X86Site5::Nop()};
  typename Rt::template Atomic<int> started_{0, "started"}, finished_{0, "finished"};
  std::array<Observation, 1> returned_{{{"returned"}}};

  static typename Rt::CodeRegion MakeText() {
    if constexpr (kExecutors == 1)
      return {kCode, {1}};
    else
      return {kCode, {1, 2}};
  }
};

}  // namespace heddle
