// poke_beside_foreign: a patcher changes one site while an executor runs over another owner's
// breakpoint nearby, as kprobes' or a debugger's.
//
//     Patcher                     Executor              text_poke's handler, then the other owner's
//     register its handler        call function:        T3 takes a reference if a poke is under
//     way, poke                          INT3 (foreign)      T4 finds no site, T6 drops the
//     reference; poke                          site                the other owner goes on behind
//     its INT3
//
// In the kernel a handler of our own INT3 is done when P7's interrupt is acknowledged.  But a
// foreign INT3 can be hit at any time, so its handler can hold a reference after P7: only here are
// P8's wait and T6's order needed under that delivery.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "patching/trap_chain.h"
#include "patching/x86_int3.h"
#include "runtime/scenario.h"
#include "scenarios/poke_mutants.h"

namespace heddle {

/// `kRegisterFirst` = false and `kChainFence` = false are mutants.
template <Runtime Rt, Int3Steps kSteps = Int3Steps{}, bool kRegisterFirst = true,
          bool kChainFence = true>
class PokeBesideForeignProgram {
 public:
  PokeBesideForeignProgram() { chain_.Register(kOther); }

  void Thread(int cpu) { cpu == 0 ? Patch() : Execute(); }
  std::array<Observation, 1> Observed() const { return {returned_[0]}; }

 private:
  using Poker = X86Int3<Rt, 1, kSteps>;
  static constexpr std::size_t kForeign = 5, kSite = 6;  // offsets
  static constexpr std::size_t kPoker = 0, kOther = 1;   // owners

  void Patch() {
    if constexpr (kRegisterFirst) chain_.Register(kPoker);
    for (int v = 1; Rt::again(v - 1, 2); ++v) {
      const PatchError error = poker_.Poke(kSite, Version(v - 1), Version(v));
      Rt::check(error == PatchError::kNone, "the poke was refused");
    }
    if constexpr (!kRegisterFirst) chain_.Register(kPoker);
  }

  void Execute() {
    Observation returned = returned_[0];
    for (int i = 0; Rt::again(i, 1); ++i) Rt::observe(returned, Rt::call(text_, 0));
  }

  X86Instruction Version(int v) const {
    return v % 2 == 0 ? X86Instruction::Nop(5)
                      : *X86Instruction::Call(text_.address(kSite), text_.address(16));
  }

  static bool OnForeign(void* self, TrapFrame& frame) {
    return frame.pc() == static_cast<PokeBesideForeignProgram*>(self)->text_.address(kForeign) + 1;
  }

  // mov eax, 1; int3; site: nop5; ret     16: mov eax, 2; ret
  static constexpr std::array<std::uint8_t, 22> kCode = {0xB8, 1, 0, 0,    0,    0xCC, 0x0F, 0x1F,
                                                         0x44, 0, 0, 0xC3, 0xCC, 0xCC, 0xCC, 0xCC,
                                                         0xB8, 2, 0, 0,    0,    0xC3};

  typename Rt::CodeRegion text_{kCode, {1}};
  Poker poker_{text_, {{kSite, Version(0)}}};
  TrapChain<Rt, 2, kChainFence> chain_{{{{&Poker::OnTrap, &poker_}, {&OnForeign, this}}}};
  std::array<Observation, 1> returned_{{{"returned"}}};
};

// --- descriptions

struct ForeignFamily {
  template <Runtime Rt, Int3Steps kSteps>
  using Code = PokeBesideForeignProgram<Rt, kSteps>;
};

struct PokeBesideForeign {
  static constexpr std::string_view kName = "poke_beside_foreign";
  static constexpr std::string_view kQuestion =
      "does another owner get the traps of its own breakpoint, and does a poke wait for their "
      "handlers? (bound: 2 pokes, 1 call)";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  template <Runtime Rt>
  using Program = PokeBesideForeignProgram<Rt>;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    return {{{0, 1}, kOk, kOk, kOk, "the site was the NOP"},
            {{0, 2}, kOk, kOk, kOk, "the site was the CALL"}};
  }

  struct NoWait : heddle::NoWait<ForeignFamily> {
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"data race",
              "the next poke rewrites the descriptor under the foreign trap's handler"};
    }
  };
  struct RelaxedReference : heddle::RelaxedReference<ForeignFamily> {
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model != "rc11")
        return {"", "an RMW orders everything before it under " + std::string(model)};
      return {"data race", "the handler's reads of the descriptor race with its reuse"};
    }
  };
  struct RelaxedWait : PokeMutant<ForeignFamily, Int3Steps{.acquire_wait = false}> {
    static constexpr std::string_view kName = "relaxed-wait";
    static constexpr std::string_view kWhat = "P8's wait is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model != "rc11")
        return {"", "a read orders everything after it under " + std::string(model)};
      return {"data race", "the descriptor's reuse is not ordered after the handler's reads"};
    }
  };
  struct ClearedEarly : PokeMutant<ForeignFamily, Int3Steps{.keep_until_unused = false}> {
    static constexpr std::string_view kName = "cleared-early";
    static constexpr std::string_view kWhat = "the descriptor is cleared before P8's wait";
    static constexpr int kMuseum = 5;
    static constexpr std::string_view kSource = "Linux before commit 285a54efe386, 2019";
    static constexpr std::string_view kWhyNotNatively =
        "a handler that finds the descriptor empty looks at the byte again (T4b), and does what is "
        "right: only the race is wrong";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"data race", "the foreign trap's handler still searches it"};
    }
  };
  struct OnStack : PokeMutant<ForeignFamily, Int3Steps{.static_descriptor = false}> {
    static constexpr std::string_view kName = "descriptor-on-stack";
    static constexpr std::string_view kWhat =
        "handlers find the descriptor, a variable of Poke, through a global pointer";
    static constexpr int kMuseum = 6;
    static constexpr std::string_view kSource = "Linux before commit efd608fa7403, 2022";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"use after free",
              "the handler read the pointer, and then takes its reference after P8"};
    }
  };
  struct RegisteredLate {
    static constexpr std::string_view kName = "registered-late";
    static constexpr std::string_view kWhat = "text is poked before the handler is registered";
    static constexpr int kMuseum = 55;
    static constexpr std::string_view kSource = "Linux before commit 17f41571bb2c, 2013";
    template <Runtime Rt>
    using Program = PokeBesideForeignProgram<Rt, Int3Steps{}, false>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"unhandled trap", "INT3 is fetched while nobody would claim it"};
    }
  };
  struct NoFenceInChain {
    static constexpr std::string_view kName = "no-fence-in-chain";
    static constexpr std::string_view kWhat = "who is registered is read without an acquire fence";
    template <Runtime Rt>
    using Program = PokeBesideForeignProgram<Rt, Int3Steps{}, true, false>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model != "rc11") return {"", "loads are not reordered under " + std::string(model)};
      return {"unhandled trap", "INT3 was fetched, but its owner need not be seen"};
    }
  };
  using Mutants = TypeList<NoWait, RelaxedReference, RelaxedWait, ClearedEarly, OnStack,
                           RegisteredLate, NoFenceInChain>;
};

}  // namespace heddle
