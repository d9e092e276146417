// A tracepoint whose call is in text: may a callback meet another one's data while the call is
// patched?
//
// The program is tracepoint_probes.h's.  The site is a static call's: one CALL, which INT3 patches;
// a CPU may fetch the old target until it serialises, and a hit in between traps.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "patching/static_call.h"
#include "patching/x86_int3.h"
#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"
#include "scenarios/tracepoint.h"
#include "scenarios/tracepoint_probes.h"

namespace heddle {

/// Functions return their own number: what the site calls.  Executed by CPU 1.
template <Runtime Rt, Int3Steps kPoke = Int3Steps{}>
class TextSite {
 public:
  TextSite() { Rt::set_trap_handler(&X86Int3<Rt, 1, kPoke>::OnTrap, &poker_); }

  void Set(int target) {
    Rt::check(call_.Update({text_.address(OffsetOf(target))}) == PatchError::kNone,
              "a patch was refused");
  }
  int Fetch() { return static_cast<int>(Rt::call(text_, kSite)); }

 private:
  static constexpr std::size_t kSite = 0, kFunctions = 16, kApart = 8;
  static constexpr int kTargets = 3, kFirst = 1;  // the iterator and two functions
  using Code = std::array<std::uint8_t, kFunctions + kTargets * kApart>;

  static constexpr std::array<CallSite, 1> kSites{{{kSite}}};
  static constexpr std::size_t OffsetOf(int target) {
    return kFunctions + static_cast<std::size_t>(target) * kApart;
  }
  static X86Instruction FirstCall() { return *X86Instruction::Call(kSite, OffsetOf(kFirst)); }
  static void Put(Code& code, std::size_t at, const X86Instruction& insn) {
    const auto bytes = insn.Encode();
    for (std::size_t i = 0; i < insn.length; ++i) code[at + i] = bytes[i];
  }
  static typename Rt::CodeRegion MakeText() {
    Code code{};
    code.fill(kInt3);
    Put(code, kSite, FirstCall());
    Put(code, kSite + 5, X86Instruction::Return());
    for (int target = 0; target < kTargets; ++target) {
      Put(code, OffsetOf(target), X86Instruction::MoveEax(static_cast<std::uint32_t>(target)));
      Put(code, OffsetOf(target) + 5, X86Instruction::Return());
    }
    return {code, {1}};
  }

  typename Rt::CodeRegion text_ = MakeText();
  X86Int3<Rt, 1, kPoke> poker_{text_, {{kSite, FirstCall()}}};
  // Nobody calls by the trampoline.
  StaticCall<Rt, kPoke, StaticCallSteps{.change_trampoline = false}> call_{
      text_, poker_, {kSite + 5, kSite + 5, kSite + 5}, kSites, {text_.address(OffsetOf(kFirst))}};
};

// --- descriptions

template <TracepointScript kScript>
struct TracepointTextScenario {
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  static constexpr std::string_view kSource = "Linux, kernel/tracepoint.c";
  template <TracepointSteps kSteps = TracepointSteps{}>
  struct With {
    template <Runtime Rt>
    using Program = TracepointProbesProgram<Rt, TextSite<Rt>, kScript, kSteps.WithMemory()>;
  };
  template <Runtime Rt>
  using Program = typename With<>::template Program<Rt>;

 protected:
  static Verdict Mismatch(std::string why) {
    return classic::Everywhere("check failed", std::move(why));
  }
};

inline constexpr TracepointScript kTextOneNoneOne{
    .probes = 1,
    .steps = {{{TracepointChange::kRemove, 1}, {TracepointChange::kAdd, 2}}},
    .idle_first = true};
inline constexpr TracepointScript kTextTwoOne{.probes = 2,
                                              .steps = {{{TracepointChange::kRemove, 1}}}};

struct TracepointText101 : TracepointTextScenario<kTextOneNoneOne> {
  static constexpr std::string_view kName = "tracepoint_text_101";
  static constexpr std::string_view kQuestion =
      "the same as tracepoint_101, if the call is in text that INT3 patches? (bound: 1 -> 0 -> 1 "
      "probe, 1 hit)";
  static std::vector<Expect> Expected() { return TracepointScenario::Calls({1, 2, 0}); }

  struct NoWait : With<TracepointSteps{.wait_at_0 = false}> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "W1 dropped";
    static constexpr std::string_view kSource = "Linux before commit 231264d6927f, 2021";
    static constexpr int kMuseum = 11;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Mismatch("a reader that has the old probe's data executes the new call");
    }
  };
  using Mutants = TypeList<NoWait>;
};

struct TracepointText21 : TracepointTextScenario<kTextTwoOne> {
  static constexpr bool kModelOnly = true;  // as TracepointScenarioOnce's
  static constexpr std::string_view kName = "tracepoint_text_21";
  static constexpr std::string_view kQuestion =
      "the same as tracepoint_21, if the call is in text that INT3 patches? (bound: 2 -> 1 probes, "
      "1 hit)";
  static std::vector<Expect> Expected() { return TracepointScenario::Calls({12, 2}); }

  struct NoWait : With<TracepointSteps{.wait_at_2 = false}> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "W2 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Mismatch("a reader that has the first one's data executes the other one's call");
    }
  };
  using Mutants = TypeList<NoWait>;
};

}  // namespace heddle
