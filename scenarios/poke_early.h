// poke_early: text that no other CPU executes yet is written without a breakpoint.
//
//     Patcher                  Executor
//     copy                     await ready (acquire)
//     ready = 1 (release)      serialise
//                              call
// It is Intel's protocol for cross-modifying code (SDM vol. 3A, "Handling Self- and Cross-Modifying
// Code"): having read the flag is not enough, for the old bytes may have been fetched before.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "patching/x86_int3.h"
#include "runtime/scenario.h"

namespace heddle {

template <Runtime Rt, bool kSerialize = true>
class PokeEarlyProgram {
 public:
  void Thread(int cpu) {
    if (cpu == 1) {
      ready_.await([](int v) { return v == 1; }, std::memory_order_acquire, "the text");
      if constexpr (kSerialize) Rt::synchronize_context();
      return Rt::observe(returned_[0], Rt::call(text_, 0));
    }
    typename Poker::Batch batch(text_);
    const X86Instruction from = X86Instruction::MoveEax(1), to = X86Instruction::MoveEax(2);
    const bool good =
        batch.Add(0, from, to) == PatchError::kNone && poker_.PokeEarly(batch) == PatchError::kNone;
    Rt::check(good, "the poke was refused");
    ready_.store(1, std::memory_order_release);
  }
  std::array<Observation, 1> Observed() const { return returned_; }

 private:
  using Poker = X86Int3<Rt, 1>;
  static constexpr std::array<std::uint8_t, 6> kCode = {0xB8, 1, 0, 0, 0, 0xC3};  // mov eax, 1; ret

  typename Rt::CodeRegion text_{kCode, {1}};
  Poker poker_{text_, {{0, X86Instruction::MoveEax(1)}}};
  typename Rt::template Atomic<int> ready_{0, "ready"};
  std::array<Observation, 1> returned_{{{"returned"}}};
};

struct PokeEarly {
  static constexpr std::string_view kName = "poke_early";
  static constexpr std::string_view kQuestion =
      "text is copied before another CPU executes it: does that CPU execute the new one?";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  static constexpr bool kModelOnly = true;  // each sample needs new text, which takes the longest
  template <Runtime Rt>
  using Program = PokeEarlyProgram<Rt>;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed, kNo = Grade::kForbidden;
    return {{{2}, kOk, kOk, kOk, "the new text"}, {{1}, kNo, kNo, kNo, "the old text"}};
  }

  struct NoSerialize {
    static constexpr std::string_view kName = "no-serialise";
    static constexpr std::string_view kWhat = "the executor relies on the flag alone";
    template <Runtime Rt>
    using Program = PokeEarlyProgram<Rt, false>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"torn instruction", "some of the old bytes were fetched ahead"};
    }
  };
  using Mutants = TypeList<NoSerialize>;
};

}  // namespace heddle
