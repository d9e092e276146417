// poke_two_patchers: two CPUs poke a site each, with one descriptor between them.
//
//     Patchers (one site each)             Executor
//     lock text mutex; poke; unlock        call function: crosses both sites
//
// The kernel's text_mutex: without it one poke rewrites the descriptor under the other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "patching/x86_int3.h"
#include "runtime/scenario.h"
#include "runtime/sync/mutex.h"

namespace heddle {

template <Runtime Rt, bool kLock = true>
class PokeTwoPatchersProgram {
 public:
  PokeTwoPatchersProgram() { Rt::set_trap_handler(&Poker::OnTrap, &poker_); }

  void Thread(int cpu) {
    if (cpu == 2) return Execute();
    if constexpr (kLock) {
      const std::lock_guard lock(text_mutex_);
      Patch(cpu);
    } else {
      Patch(cpu);
    }
  }
  std::array<Observation, 1> Observed() const { return {returned_[0]}; }

 private:
  using Poker = X86Int3<Rt, 1>;
  static constexpr std::array<std::size_t, 2> kSites = {5, 6};

  void Patch(int cpu) {
    const std::size_t site = kSites[static_cast<std::size_t>(cpu)];
    const PatchError error = poker_.Poke(site, X86Instruction::Nop(1), X86Instruction::Return());
    Rt::check(error == PatchError::kNone, "the poke was refused");
  }

  void Execute() { Rt::observe(returned_[0], Rt::call(text_, 0)); }

  // mov eax, 1; first: nop; second: nop; mov eax, 2; ret
  static constexpr std::array<std::uint8_t, 13> kCode = {0xB8, 1, 0, 0, 0, 0x90, 0x90,
                                                         0xB8, 2, 0, 0, 0, 0xC3};

  typename Rt::CodeRegion text_{kCode, {2}};
  Poker poker_{text_, {{kSites[0], X86Instruction::Nop(1)}, {kSites[1], X86Instruction::Nop(1)}}};
  sync::Mutex<Rt> text_mutex_{"text mutex"};
  std::array<Observation, 1> returned_{{{"returned"}}};
};

struct PokeTwoPatchers {
  static constexpr std::string_view kName = "poke_two_patchers";
  static constexpr std::string_view kQuestion =
      "may two CPUs poke, if they take turns? (bound: 1 poke each, of one byte; 1 call)";
  static constexpr int kThreads = 3;
  static constexpr Shape kShape = Shape::kSample;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  static constexpr bool kModelOnly = true;  // each sample needs new text, which takes the longest
  template <Runtime Rt>
  using Program = PokeTwoPatchersProgram<Rt>;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    return {{{1}, kOk, kOk, kOk, "returned at a site"},
            {{2}, kOk, kOk, kOk, "both sites were NOPs"}};
  }

  struct NoMutex {
    static constexpr std::string_view kName = "no-mutex";
    static constexpr std::string_view kWhat = "the patchers do not take turns";
    template <Runtime Rt>
    using Program = PokeTwoPatchersProgram<Rt, false>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"data race", "both write the descriptor"};
    }
  };
  using Mutants = TypeList<NoMutex>;
};

}  // namespace heddle
