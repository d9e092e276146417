// A tracepoint whose call is in text: may a callback meet another one's data while the call is
// patched?
//
// The program is tracepoint_probes.h's.  The site is a static call's: one CALL, which INT3 patches;
// a CPU may fetch the old target until it serialises, and a hit in between traps.  So does the key
// around it, if there is one: a branch that is patched, too.
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
template <Runtime Rt, bool kKeyed, Int3Steps kPoke = Int3Steps{}>
class TextSite {
 public:
  TextSite() { Rt::set_trap_handler(&X86Int3<Rt, 1, kPoke>::OnTrap, &poker_); }

  void Set(int target) {
    Rt::check(call_.Update({text_.address(OffsetOf(target))}) == PatchError::kNone,
              "a patch was refused");
  }
  int Fetch() { return static_cast<int>(Rt::call(text_, kSite)); }
  void Switch(bool on) {
    if constexpr (kKeyed)
      Rt::check(poker_.Poke(kKey, Branch(!on), Branch(on)) == PatchError::kNone,
                "a patch was refused");
  }
  bool IsOn() { return !kKeyed || Rt::call(text_, kKey) == kFirst; }

 private:
  // Switched off, the key goes on into the iterator, which is the first of the functions.
  static constexpr std::size_t kSite = 0, kKey = 11, kFunctions = 16, kApart = 8;
  static constexpr int kTargets = 3, kFirst = 1;  // the iterator and two functions
  using Code = std::array<std::uint8_t, kFunctions + kTargets * kApart>;

  static constexpr std::array<CallSite, 1> kSites{{{kSite}}};
  static constexpr std::size_t OffsetOf(int target) {
    return kFunctions + static_cast<std::size_t>(target) * kApart;
  }
  static X86Instruction Branch(bool on) {
    return on ? *X86Instruction::Jump(kKey, OffsetOf(kFirst)) : X86Instruction::Nop(5);
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
    Put(code, kKey, Branch(false));
    for (int target = 0; target < kTargets; ++target) {
      Put(code, OffsetOf(target), X86Instruction::MoveEax(static_cast<std::uint32_t>(target)));
      Put(code, OffsetOf(target) + 5, X86Instruction::Return());
    }
    return {code, {1}};
  }

  typename Rt::CodeRegion text_ = MakeText();
  using Poker = X86Int3<Rt, 1, kPoke>;
  Poker poker_ = kKeyed ? Poker{text_, {{kSite, FirstCall()}, {kKey, Branch(false)}}}
                        : Poker{text_, {{kSite, FirstCall()}}};
  // Nobody calls by the trampoline.
  StaticCall<Rt, kPoke, StaticCallSteps{.change_trampoline = false}> call_{
      text_, poker_, {kSite + 5, kSite + 5, kSite + 5}, kSites, {text_.address(OffsetOf(kFirst))}};
};

// --- descriptions

template <TracepointScript kScript, bool kKeyed = false>
struct TracepointTextScenario {
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  static constexpr std::string_view kSource = "Linux, kernel/tracepoint.c";
  template <TracepointSteps kSteps = TracepointSteps{}>
  struct With {
    template <Runtime Rt>
    using Program = TracepointProbesProgram<Rt, TextSite<Rt, kKeyed>, kScript, kSteps.WithMemory()>;
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
inline constexpr TracepointScript kTextUpAndDown{.steps = {{{TracepointChange::kAdd, 1},
                                                            {TracepointChange::kAddFirst, 2},
                                                            {TracepointChange::kRemove, 1},
                                                            {TracepointChange::kRemove, 2}}}};
inline constexpr TracepointScript kTextOnAndOff{
    .steps = {{{TracepointChange::kAdd, 1}, {TracepointChange::kRemove, 1}}}};
inline constexpr TracepointScript kTextOff{.probes = 1,
                                           .steps = {{{TracepointChange::kRemove, 1}}}};
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

struct TracepointTextUpAndDown : TracepointTextScenario<kTextUpAndDown> {
  static constexpr std::string_view kName = "tracepoint_text_01210";
  static constexpr std::string_view kQuestion =
      "the same as tracepoint_01210, if the call is in text that INT3 patches? (bound: 0 -> 1 -> 2 "
      "-> 1 -> 0 probes, 1 hit)";
  static std::vector<Expect> Expected() { return TracepointScenario::Calls({0, 1, 21, 2}); }

  struct IteratorLast : With<TracepointSteps{.iterator_first = false}> {
    static constexpr std::string_view kName = "iterator-last";
    static constexpr std::string_view kWhat = "T2 after P";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Mismatch("a reader calls the old function with the data of the new array's first");
    }
  };
  struct NoWait : With<TracepointSteps{.wait_at_2 = false}> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "W2 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Mismatch("a reader has the data from before 1 -> 2, and executes the new call");
    }
  };
  using Mutants = TypeList<IteratorLast, NoWait>;
};

struct TracepointTextKey : TracepointTextScenario<kTextOnAndOff, /*kKeyed=*/true> {
  static constexpr std::string_view kName = "tracepoint_text_key";
  static constexpr std::string_view kQuestion =
      "… and if a branch around the call is patched, too? (bound: 0 -> 1 -> 0 probes, 1 hit)";
  static std::vector<Expect> Expected() { return TracepointScenario::Calls({0, 1}); }

  struct OnFirst : With<TracepointSteps{.key_on_last = false}> {
    static constexpr std::string_view kName = "on-first";
    static constexpr std::string_view kWhat = "K1 before P";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"", "H1 finds no array: the key guards nothing"};
    }
  };
  struct OffLast
      : TracepointTextScenario<kTextOff, true>::With<TracepointSteps{.key_off_first = false}> {
    static constexpr std::string_view kName = "off-last";
    static constexpr std::string_view kWhat = "K2 after P (bound: 1 -> 0 probes)";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"", "H1 finds no array: the key guards nothing"};
    }
  };
  struct TrustsKey : With<TracepointSteps{.ask_array = false}> {
    static constexpr std::string_view kName = "trusts-key";
    static constexpr std::string_view kWhat = "H1 takes it that there is an array";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Mismatch("a reader that found the key on is not waited for");
    }
  };
  using Mutants = TypeList<OnFirst, OffLast, TrustsKey>;
};

}  // namespace heddle
