// stop_machine: the initiator rewrites an instruction while all other CPUs are held in a loop.
//
//     CPU 0                                    others
//     for each version v:                      again and again:
//       stop the machine: write version v        r = call the text
//       r = call the text                        serve the stop, if one is asked for
//     end                                      serve all that is still to come; r = call the text
//
// A CPU that was in n stops executes version n, neither older nor newer: everybody is held between
// the old one and the new.  The instruction is MOV of a constant, which nobody may change while it
// may be fetched (arm64) and which takes several stores (x86-64).
#pragma once

#include <array>
#include <cstring>
#include <string_view>
#include <vector>

#include "isa/arm64.h"
#include "isa/x86_64.h"
#include "patching/stop_machine.h"
#include "patching/stopped_text.h"
#include "runtime/scenario.h"
#include "scenarios/stale_fetch.h"

namespace heddle {

struct StoppedSteps {
  StopSteps stop{};
  StoppedTextSteps text{};
};

template <Runtime Rt, Isa kIsa, int kCpus, int kStops, StoppedSteps kSteps = StoppedSteps{}>
class StopMachineProgram {
 public:
  void Thread(int cpu) { cpu == 0 ? Initiate() : Execute(cpu); }
  std::array<Observation, 1> Observed() const { return {returned_[0]}; }

 private:
  static constexpr int kVersions = 3;
  using Instruction = std::array<std::uint8_t, kIsa == Isa::kX86_64 ? 5 : 4>;

  void Initiate() {
    for (int n = 0; Rt::again(n, kStops); ++n) {
      bytes_ = InstructionOf(n + 1);
      patch_.Prepare(0, bytes_);
      machine_.Stop(0, patch_);
      Call(0);
    }
    machine_.End();
  }

  void Execute(int cpu) {
    Call(cpu);
    for (int n = 0; Rt::again(n, kStops - 1); ++n) {
      machine_.Serve(cpu);
      Call(cpu);
    }
    machine_.ServeUntilEnd(cpu);
    Call(cpu);
  }

  void Call(int cpu) {
    Observation returned = returned_[0];
    const auto r = static_cast<int>(Rt::call(text_, 0) % 256);
    Rt::observe(returned, r);
    Rt::check(r == machine_.stops_of(cpu) % kVersions,
              "a CPU executed an instruction that is not the one of the stops it has been in");
  }

  static Instruction InstructionOf(int version) {
    const int value = version % kVersions;
    Instruction bytes{};
    if constexpr (kIsa == Isa::kX86_64) {
      const auto encoded = X86Instruction::MoveEax(value | value << 8).Encode();
      std::copy_n(encoded.begin(), bytes.size(), bytes.begin());
    } else {
      const std::uint32_t word =
          Arm64Instruction::MoveWide(0, static_cast<std::uint16_t>(value)).Encode();
      std::memcpy(bytes.data(), &word, sizeof word);
    }
    return bytes;
  }

  // mov 0; ret
  static typename Rt::CodeRegion MakeText() {
    std::array<std::uint8_t, 8> code{};
    const Instruction first = InstructionOf(0);
    std::copy(first.begin(), first.end(), code.begin());
    if constexpr (kIsa == Isa::kX86_64) {
      code[first.size()] = X86Instruction::Return().Encode()[0];
    } else {
      const std::uint32_t word = Arm64Instruction::Return().Encode();
      std::memcpy(&code[first.size()], &word, sizeof word);
    }
    return {code, {}, kIsa};  // nobody is interrupted: there is no sync_core_all here
  }

  typename Rt::CodeRegion text_ = MakeText();
  Instruction bytes_{};
  StopMachine<Rt, kCpus, kSteps.stop> machine_;
  StoppedText<Rt, kCpus, kSteps.text> patch_{text_};
  std::array<Observation, 1> returned_{{{"returned"}}};
  const bool declared_ = Declare();

  bool Declare() {
    for (int v = 0; v < kVersions; ++v) Rt::declare_instruction(text_, 0, InstructionOf(v));
    return true;
  }
};

// --- descriptions

template <Isa kIsa, int kCpus, int kStops>
struct StopMachineMutants {
  template <StoppedSteps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = StopMachineProgram<Rt, kIsa, kCpus, kStops, kSteps>;
  };
  static constexpr bool kArm = kIsa == Isa::kArm64;
  static constexpr const char* kStale = kArm ? "constrained unpredictable" : "torn instruction";

  struct ResetAfterPublish : Dropping<StoppedSteps{.stop = {.reset_acks_first = false}}> {
    static constexpr std::string_view kName = "reset-after-publish";
    static constexpr std::string_view kWhat = "the next state is published before acks is reset";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"deadlock", "a fast CPU counts down the old number, which the reset then undoes"};
    }
  };
  struct RunAtOnce : Dropping<StoppedSteps{.stop = {.hold_everyone = false}}> {
    static constexpr std::string_view kName = "run-at-once";
    static constexpr std::string_view kWhat = "Run is the first state: nobody waits for the others";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"", "the last one to arrive writes, and then all are in the function's loop"};
    }
  };
  struct FirstWrites : Dropping<StoppedSteps{.text = {.last_writes = false}}> {
    static constexpr std::string_view kName = "first-writes";
    static constexpr std::string_view kWhat = "the first CPU to arrive writes";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"", "the stopped machine holds the others in its own loop already"};
    }
  };
  struct FirstWritesAtOnce
      : Dropping<StoppedSteps{.stop = {.hold_everyone = false}, .text = {.last_writes = false}}> {
    static constexpr std::string_view kName = "first-writes-at-once";
    static constexpr int kMuseum = 13;
    static constexpr std::string_view kSource = "Linux before commit 31a099dbd91e, 2022";
    static constexpr std::string_view kWhat =
        "the first CPU to arrive writes, and nothing else holds the others";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {kStale, "the others may still be executing the text"};
    }
  };
  struct LoopInText : Dropping<StoppedSteps{.text = {.loop_stays_out = false}}> {
    static constexpr std::string_view kName = "loop-in-text";
    static constexpr int kMuseum = 33;
    static constexpr std::string_view kSource = "Linux before commit 4230e2deaa48, 2020";
    static constexpr std::string_view kWhat =
        "the waiting CPUs call a function that is being changed";
    static constexpr Hardly kHardlyNatively = kHardlyStale;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {kStale, "held CPUs execute the text, too"};
    }
  };
  struct NoSynchronisation : Dropping<StoppedSteps{.text = {.synchronize_context = false}}> {
    static constexpr std::string_view kName = "no-context-synchronisation";
    static constexpr std::string_view kWhat = "S6 dropped: no ISB, no serialising instruction";
    static constexpr Hardly kHardlyNatively = kHardlyStale;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {kStale, "what was fetched before is executed after"};
    }
  };
  struct NoWait : Dropping<StoppedSteps{.text = {.wait_for_writer = false}}> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "S5 dropped: the others do not wait for the writer";
    static constexpr Hardly kHardlyNatively = kHardlyStale;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {kStale, "a CPU forgets what it fetched before there is anything new to fetch"};
    }
  };
  struct RelaxedCount : Dropping<StoppedSteps{.text = {.release_count = false}}> {
    static constexpr std::string_view kName = "relaxed-count";
    static constexpr std::string_view kWhat = "S4 is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return {"", "S3 ends with a DSB, or on x86-64 with a fence, which " + std::string(model) +
                      " orders before the count"};
    }
  };
  struct NoClean : Dropping<StoppedSteps{.text = {.clean = false}}> {
    static constexpr std::string_view kName = "no-clean";
    static constexpr std::string_view kWhat = "no DC CVAU, DSB";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model == "arm64-idc-dic") return {"", "with IDC and DIC stores are all that it takes"};
      if (model == "arm64-idc")
        return {"check failed", "the store needs no cleaning, but the DSB puts it before the IC"};
      return {"check failed", "fetches may find what was there before"};
    }
  };
  struct NoInvalidate : Dropping<StoppedSteps{.text = {.invalidate = false}}> {
    static constexpr std::string_view kName = "no-invalidate";
    static constexpr std::string_view kWhat = "no IC IVAU, DSB";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model == "arm64-idc-dic") return {"", "with DIC = 1 nothing needs invalidating"};
      return {"check failed", "instruction caches keep the old word"};
    }
  };

  using Common = TypeList<ResetAfterPublish, RunAtOnce, FirstWrites, FirstWritesAtOnce, LoopInText,
                          NoSynchronisation, NoWait, RelaxedCount>;
  using Maintenance = TypeList<NoClean, NoInvalidate>;
};

inline std::vector<Expect> StopMachineOutcomes(int stops) {
  constexpr Grade kOk = Grade::kAllowed;
  std::vector<Expect> rows = {{{0, 0}, kOk, kOk, kOk, "before the first stop"},
                              {{0, 1}, kOk, kOk, kOk, "after it"},
                              {{0, 2}, kOk, kOk, kOk, "after the second"}};
  rows.resize(static_cast<std::size_t>(stops + 1));
  return rows;
}

template <Isa kText>
struct StopMachineScenario {
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  static constexpr Isa kIsa = kText;
  template <Runtime Rt>
  using Program = StopMachineProgram<Rt, kText, 2, 2>;
  static std::vector<Expect> Expected() { return StopMachineOutcomes(2); }
};

struct StopMachineX86 : StopMachineScenario<Isa::kX86_64> {
  static constexpr std::string_view kName = "stop_machine_x86";
  static constexpr std::string_view kQuestion =
      "does a CPU execute the old instruction before the stop and the new one after? (bound: 2 "
      "stops)";
  using Mutants = StopMachineMutants<Isa::kX86_64, 2, 1>::Common;
};

struct StopMachineArm64 : StopMachineScenario<Isa::kArm64> {
  static constexpr std::string_view kName = "stop_machine_arm64";
  static constexpr std::string_view kQuestion =
      "the same on arm64, with an instruction that must not be changed while it runs";
  using Mutants = Concat<StopMachineMutants<Isa::kArm64, 2, 1>::Common,
                         StopMachineMutants<Isa::kArm64, 2, 1>::Maintenance>;
};

}  // namespace heddle
