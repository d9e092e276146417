// Static calls: does each call go where the key says, by each of the ways that lead there?
//
//     Patcher                              Executor
//     for each version v:                  again and again, by the inline site and by the
//     trampoline:
//       started = v                          low = finished (acquire)
//       update(target of v)                  r = call
//       finished = v (release)               high = started
//
// By each way, what a call returns belongs to a version between `low` and `high`, and to none older
// than the call before.  The two ways change at different times, so nothing is said about both.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "patching/static_call.h"
#include "runtime/scenario.h"

namespace heddle {

/// Targets go round: the two functions, or the second one, none and "return 0".
template <Runtime Rt, bool kNone, int kUpdates, int kCalls,
          StaticCallSteps kSteps = StaticCallSteps{}>
class StaticCallProgram {
 public:
  StaticCallProgram() { Rt::set_trap_handler(&X86Int3<Rt, 1>::OnTrap, &poker_); }

  void Thread(int cpu) { cpu == 0 ? Patch() : Execute(); }
  std::array<Observation, 1> Observed() const { return {returned_[0]}; }

 private:
  // One region: two entries, the trampoline, two functions and what else is jumped to.
  static constexpr std::size_t kEntry = 0, kSite = 5, kOther = 16, kTrampoline = 32, kFirst = 48,
                               kSecond = 64, kReturn = 70, kZero = 71;
  static constexpr int kVersions = kNone ? 3 : 2, kWithoutCall = 7;

  void Patch() {
    for (int v = 1; Rt::again(v - 1, kUpdates); ++v) {
      started_.store(v, std::memory_order_relaxed);
      Rt::check(key_.Update(TargetOf(v)) == PatchError::kNone, "an update was refused");
      finished_.store(v, std::memory_order_release);
    }
  }

  void Execute() {
    int by_site = 0, by_trampoline = 0;
    for (int i = 0; Rt::again(i, kCalls); ++i) {
      Call(kEntry, by_site);
      Call(kOther, by_trampoline);
    }
  }

  void Call(std::size_t entry, int& version) {
    Observation returned = returned_[0];
    const int low = finished_.load(std::memory_order_acquire);
    const auto r = static_cast<int>(Rt::call(text_, entry));
    // Pairs with the release fence in Poke: what was executed had been started.
    Rt::fence(std::memory_order_acquire);
    const int high = started_.load(std::memory_order_relaxed);
    Rt::observe(returned, r);
    if (version < low) version = low;
    while (version <= high && ResultOf(version) != r) ++version;
    Rt::check(version <= high, "a call went to a target older than one it must have seen");
  }

  CallTarget TargetOf(int version) const {
    const CallTarget first{text_.address(kFirst)}, second{text_.address(kSecond)};
    switch (version % kVersions) {
      case 0:
        return kNone ? second : first;
      case 1:
        return kNone ? CallTarget::None() : second;
      default:
        return CallTarget::ReturnZero();
    }
  }
  static int ResultOf(int version) {
    constexpr std::array kWith = {2, kWithoutCall, 0}, kFunctions = {1, 2, 0};
    return (kNone ? kWith : kFunctions)[static_cast<std::size_t>(version % kVersions)];
  }

  using Code = std::array<std::uint8_t, 76>;
  static void Put(Code& code, std::size_t at, const X86Instruction& insn) {
    const auto bytes = insn.Encode();
    for (std::size_t i = 0; i < insn.length; ++i) code[at + i] = bytes[i];
  }
  static typename Rt::CodeRegion MakeText() {
    using I = X86Instruction;
    Code code{};
    code.fill(kInt3);
    Put(code, kEntry, I::MoveEax(kWithoutCall));
    Put(code, kSite, I::Nop(5));  // until the region's address is known
    Put(code, kSite + 5, I::Return());
    Put(code, kOther, I::MoveEax(kWithoutCall));
    Put(code, kOther + 5, *I::Call(kOther + 5, kTrampoline));
    Put(code, kOther + 10, I::Return());
    Put(code, kTrampoline, *I::Jump(kTrampoline, kReturn));
    Put(code, kFirst, I::MoveEax(1));
    Put(code, kFirst + 5, I::Return());
    Put(code, kSecond, I::MoveEax(2));
    Put(code, kSecond + 5, I::Return());
    Put(code, kReturn, I::Return());
    Put(code, kZero, {I::Op::kXorEax, 2});
    Put(code, kZero + 2, I::Return());
    return {code, {1}};
  }
  // Before threads run: from what the text above is to the first version's target.
  bool Begin() {
    const X86Instruction ret = *X86Instruction::Jump(kTrampoline, kReturn);
    return Begin(kSites[0], X86Instruction::Nop(5)) &&
           Begin({kTrampoline, CallSite::Kind::kTail}, ret);
  }
  bool Begin(const CallSite& site, const X86Instruction& now) {
    typename X86Int3<Rt, 1>::Batch batch(text_);
    return batch.Add(site.offset, now, key_.InstructionAt(site, TargetOf(0))) ==
               PatchError::kNone &&
           poker_.PokeEarly(batch) == PatchError::kNone;
  }

  static constexpr std::array<CallSite, 1> kSites = {{{kSite, CallSite::Kind::kCall}}};

  typename Rt::CodeRegion text_ = MakeText();
  X86Int3<Rt, 1> poker_{text_,
                        {{kSite, X86Instruction::Nop(5)},
                         {kTrampoline, *X86Instruction::Jump(kTrampoline, kReturn)}}};
  StaticCall<Rt, Int3Steps{}, kSteps> key_{
      text_, poker_, {kTrampoline, kReturn, kZero}, kSites, TargetOf(0)};
  typename Rt::template Atomic<int> started_{0, "started"}, finished_{0, "finished"};
  std::array<Observation, 1> returned_{{{"returned"}}};
  const bool begun_ = Begin();
};

// Two CPUs update one call to the two other targets.  At the end the site is what the key says.
template <Runtime Rt, StaticCallSteps kSteps = StaticCallSteps{}>
class StaticCallUpdatersProgram {
 public:
  StaticCallUpdatersProgram() { Rt::set_trap_handler(&X86Int3<Rt, 1>::OnTrap, &poker_); }

  void Thread(int cpu) {
    const CallTarget to =
        cpu == 0 ? CallTarget::ReturnZero() : CallTarget{text_.address(kFunction)};
    Rt::check(key_.Update(to) == PatchError::kNone, "an update was refused");
  }
  void Finish() {
    const CallTarget target = key_.target();
    const auto bytes = key_.InstructionAt(kSites[0], target)->Encode();
    for (std::size_t i = 0; i < 5; ++i)
      Rt::check(Rt::read_code(text_, kSite + i) == bytes[i], "the site is not what the key says");
    kind_.value = static_cast<int>(target.kind);
  }
  std::array<Observation, 1> Observed() const { return {kind_}; }

 private:
  static constexpr std::size_t kSite = 0, kTrampoline = 8, kReturn = 16, kZero = 17, kFunction = 24;
  static constexpr std::array<CallSite, 1> kSites = {{{kSite, CallSite::Kind::kCall}}};
  // site: nop5; ret     8: jmp 16     16: ret; xor eax, eax; ret     24: ret
  static constexpr std::array<std::uint8_t, 25> kCode = {
      0x0F, 0x1F, 0x44, 0,    0,    0xC3, 0xCC, 0xCC, 0xE9, 3,    0,    0,   0,
      0xCC, 0xCC, 0xCC, 0xC3, 0x31, 0xC0, 0xC3, 0xCC, 0xCC, 0xCC, 0xCC, 0xC3};

  typename Rt::CodeRegion text_{kCode, {}};  // nobody executes it
  X86Int3<Rt, 1> poker_{text_,
                        {{kSite, X86Instruction::Nop(5)},
                         {kTrampoline, *X86Instruction::Jump(kTrampoline, kReturn)}}};
  StaticCall<Rt, Int3Steps{}, kSteps> key_{
      text_, poker_, {kTrampoline, kReturn, kZero}, kSites, CallTarget::None()};
  Observation kind_{"kind"};
};

// --- descriptions

template <bool kNone>
struct StaticCallMutants {
  template <Runtime Rt, StaticCallSteps kSteps>
  using Code = StaticCallProgram<Rt, kNone, 1, 1, kSteps>;

  struct NoTrampoline {
    static constexpr std::string_view kName = "no-trampoline";
    static constexpr std::string_view kWhat = "U4 dropped: the trampoline keeps its target";
    template <Runtime Rt>
    using Program = Code<Rt, StaticCallSteps{.change_trampoline = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"check failed", "whoever calls by the trampoline goes on calling the old target"};
    }
  };
  struct NoSites {
    static constexpr std::string_view kName = "no-sites";
    static constexpr std::string_view kWhat = "U5 dropped: the sites keep their target";
    template <Runtime Rt>
    using Program = Code<Rt, StaticCallSteps{.change_sites = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"check failed", "whoever calls by a site goes on calling the old target"};
    }
  };
  struct NoneIsCalled {
    static constexpr std::string_view kName = "none-is-called";
    static constexpr std::string_view kWhat = "a site without target calls its null pointer";
    template <Runtime Rt>
    using Program = Code<Rt, StaticCallSteps{.none_is_nop = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"illegal instruction", "there is no code at the address 0"};
    }
  };
};

struct StaticCallScenario {
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
};

struct StaticCallFunctions : StaticCallScenario {
  static constexpr std::string_view kName = "static_call";
  static constexpr std::string_view kQuestion =
      "does a call go where the key says, by the inline site and by the trampoline? (bound: 1 "
      "update, 1 call each)";
  template <Runtime Rt>
  using Program = StaticCallProgram<Rt, false, 1, 1>;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    return {{{0, 1}, kOk, kOk, kOk, "the first function"}, {{0, 2}, kOk, kOk, kOk, "the second"}};
  }
  using Mutants =
      TypeList<StaticCallMutants<false>::NoTrampoline, StaticCallMutants<false>::NoSites>;
};

struct StaticCallNone : StaticCallScenario {
  static constexpr std::string_view kName = "static_call_none";
  static constexpr std::string_view kQuestion =
      "the same, to no function and on to \"return 0\" (bound: 2 updates, 1 call each)";
  template <Runtime Rt>
  using Program = StaticCallProgram<Rt, true, 2, 1>;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    return {{{0, 2}, kOk, kOk, kOk, "the function"},
            {{0, 7}, kOk, kOk, kOk, "none"},
            {{0, 0}, kOk, kOk, kOk, "return 0"}};
  }
  using Mutants = TypeList<StaticCallMutants<true>::NoneIsCalled>;
};

struct StaticCallUpdaters {
  static constexpr std::string_view kName = "static_call_updaters";
  static constexpr std::string_view kQuestion =
      "do key and site agree when two CPUs update one call? (bound: 1 update each)";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  static constexpr bool kModelOnly = true;  // each sample would need a new mapping
  template <Runtime Rt>
  using Program = StaticCallUpdatersProgram<Rt>;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    return {{{0}, kOk, kOk, kOk, "to the function last"},
            {{2}, kOk, kOk, kOk, "to \"return 0\" last"}};
  }

  struct NoLock {
    static constexpr std::string_view kName = "no-lock";
    static constexpr std::string_view kWhat = "U1 dropped";
    template <Runtime Rt>
    using Program = StaticCallUpdatersProgram<Rt, StaticCallSteps{.lock = false}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model == "rc11") return {"data race", "both write the descriptor of the poke"};
      return {"check failed", "one updater finds what the other one has written"};
    }
  };
  using Mutants = TypeList<NoLock>;
};

}  // namespace heddle
