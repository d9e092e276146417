// When may a CPU execute an old word of arm64 text, and what ends that?
//
// tests/model/arm64_test.cpp asks the same of litmus programs; here it is C++ over the runtime.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "isa/arm64.h"
#include "tests/support/check_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::HasSubstr;
using Rt = ModelRuntime;
using Insn = Arm64Instruction;
using Op = Arm64Instruction::Op;
using Outcomes = std::set<std::vector<std::int64_t>>;
using Bytes = std::vector<std::uint8_t>;
using enum std::memory_order;

template <typename... Instructions>
Bytes Code(const Instructions&... instructions) {
  const auto code = arm64::Code(instructions...);
  return {code.begin(), code.end()};
}

// mov w0, #1; site: nop; ret; target: mov w0, #2; ret.  The site may become a branch to target.
struct PatchableBranch {
  explicit PatchableBranch(int executor)
      : text(arm64::Code(Insn::MoveWide(0, 1), Insn::Nop(), Insn::Return(), Insn::MoveWide(0, 2),
                         Insn::Return()),
             {executor}, Isa::kArm64) {
    Rt::declare_instruction(text, kSite, Insn::Nop().Bytes());
  }
  int Call() { return static_cast<int>(Rt::call(text, 0)); }
  void Write(const Insn& insn) { Rt::write_code(text, kSite, insn.Bytes()); }
  void WriteNew() { Write(*Insn::Branch(kSite, kTarget)); }

  static constexpr std::size_t kSite = 4, kTarget = 12;
  Rt::CodeRegion text;
};
constexpr int kOld = 1, kNew = 2;

/// After the store of the new word.
struct Steps {
  bool clean = true, wait_for_clean = true, invalidate = true, wait_for_invalidate = true;
  bool synchronize = true;  ///< where the text is executed
};

template <Steps kSteps>
void Maintain(Rt::CodeRegion& text) {
  if (kSteps.clean) Rt::clean_code(text, PatchableBranch::kSite);
  if (kSteps.wait_for_clean) Rt::synchronize_data();
  if (kSteps.invalidate) Rt::invalidate_code(text, PatchableBranch::kSite);
  if (kSteps.wait_for_invalidate) Rt::synchronize_data();
}

enum class By { kFlag, kSyncCoreAll };

// How CPU 1 learns that the word has been changed: from a flag, after which it waits and
// synchronises its context; or from an interrupt.
template <Steps kSteps, By kBy>
struct PatchAndTell {
  void Thread(int cpu) {
    if (cpu == 0) {
      code.WriteNew();
      Maintain<kSteps>(code.text);
      if (kBy == By::kSyncCoreAll && kSteps.synchronize) Rt::sync_core_all();
      flag.store(1, release);
      return;
    }
    Rt::observe(seen[0], flag.load(acquire));
    if (kBy == By::kFlag) {
      Rt::synchronize_data();
      if (kSteps.synchronize) Rt::synchronize_context();
    }
    Rt::observe(seen[1], code.Call());
  }
  std::array<Observation, 2> Observed() const { return seen; }
  PatchableBranch code{1};
  Rt::Atomic<int> flag{0, "flag"};
  std::array<Observation, 2> seen{{{"flag"}, {"w0"}}};
};

// The CPU that writes executes.
template <Steps kSteps>
struct PatchOwnCode {
  void Thread(int) {
    code.WriteNew();
    Maintain<kSteps>(code.text);
    if (kSteps.synchronize) Rt::synchronize_context();
    Rt::observe(seen[1], code.Call());
  }
  std::array<Observation, 2> Observed() const { return seen; }
  PatchableBranch code{0};
  std::array<Observation, 2> seen{{{"flag", 1}, {"w0"}}};
};

// Whether old code was executed after the flag: + or - for arm64, arm64-idc, arm64-idc-dic.
template <typename Program>
std::string Stale(int threads) {
  std::string stale;
  for (const model::MemoryModel* m : model::Arm64Models()) {
    const Explored e = Explore(CodeOf<Program>(threads), *m);
    EXPECT_TRUE(e.holds()) << m->name << ": " << e.message();
    EXPECT_TRUE(e.outcomes.contains({1, kNew})) << m->name;
    stale += e.outcomes.contains({1, kOld}) ? '+' : '-';
  }
  return stale;
}

template <Steps kSteps>
void Expect(const std::string& by_flag, const std::string& by_interrupt, const std::string& own) {
  EXPECT_EQ((Stale<PatchAndTell<kSteps, By::kFlag>>(2)), by_flag);
  EXPECT_EQ((Stale<PatchAndTell<kSteps, By::kSyncCoreAll>>(2)), by_interrupt);
  EXPECT_EQ((Stale<PatchOwnCode<kSteps>>(1)), own);
}

TEST(Arm64Fetch, WithAllOfItNobodyExecutesTheOldWord) { Expect<Steps{}>("---", "---", "---"); }

TEST(Arm64Fetch, DcIsNeededWithoutIdc) { Expect<Steps{.clean = false}>("+--", "+--", "+--"); }

TEST(Arm64Fetch, DsbBeforeIcIsNeededWithoutDic) {
  Expect<Steps{.wait_for_clean = false}>("++-", "++-", "++-");
}

TEST(Arm64Fetch, IcIsNeededWithoutDic) { Expect<Steps{.invalidate = false}>("++-", "++-", "++-"); }

// sync_core_all begins with one.
TEST(Arm64Fetch, DsbAfterIcIsNeededWithoutDic) {
  Expect<Steps{.wait_for_invalidate = false}>("++-", "---", "++-");
}

TEST(Arm64Fetch, ContextSynchronisationIsAlwaysNeeded) {
  Expect<Steps{.synchronize = false}>("+++", "+++", "+++");
}

TEST(Arm64Fetch, WithoutAnyDsbAndWithDicTheOwnContextIsNotSynchronisedEither) {
  constexpr Steps kNoDsb = {.wait_for_clean = false, .wait_for_invalidate = false};
  EXPECT_EQ(Stale<PatchOwnCode<kNoDsb>>(1), "+++");
}

// Before it is told, a CPU may fetch either word; and the store alone tells nobody.
TEST(Arm64Fetch, IsOldOrNewMeanwhile) {
  for (const model::MemoryModel* m : model::Arm64Models()) {
    const Explored e = Explore(CodeOf<PatchAndTell<Steps{}, By::kFlag>>(2), *m);
    EXPECT_EQ(e.outcomes, (Outcomes{{0, kOld}, {0, kNew}, {1, kNew}})) << m->name;
  }
}

// sync_core_all orders data, too: what was stored before it, is read after the interrupt; what an
// executor read before the interrupt was not what is stored after it.
struct SyncOrdersData {
  void Thread(int cpu) {
    if (cpu == 0) {
      before.store(1, relaxed);
      Rt::sync_core_all();
      after.store(1, relaxed);
      return;
    }
    (void)code.Call();  // the interrupt comes here, or earlier, or later
    Rt::observe(seen[0], after.load(relaxed));
    Rt::observe(seen[1], before.load(relaxed));
  }
  std::array<Observation, 2> Observed() const { return seen; }
  PatchableBranch code{1};
  Rt::Atomic<int> before{0, "before"}, after{0, "after"};
  std::array<Observation, 2> seen{{{"after"}, {"before"}}};
};

TEST(Arm64SyncCoreAll, OrdersDataAroundTheInterrupt) {
  for (const model::MemoryModel* m : model::Arm64Models()) {
    const Explored e = Explore(CodeOf<SyncOrdersData>(2), *m);
    EXPECT_TRUE(e.holds()) << m->name << ": " << e.message();
    EXPECT_EQ(e.outcomes, (Outcomes{{0, 0}, {0, 1}, {1, 1}})) << m->name;
  }
}

// --- traps synchronise the context

// first: brk or nop; site: nop or b target; mov w0, #1; ret; target: mov w0, #2; ret.  The CPU has
// waited for the flag by a DSB, but only the breakpoint's exceptions synchronise its context.
template <bool kBreakpoint>
struct TrapBeforeTheSite {
  TrapBeforeTheSite()
      : text(
            arm64::Code(kBreakpoint ? Insn::Trap() : Insn::Nop(), Insn::Nop(), Insn::MoveWide(0, 1),
                        Insn::Return(), Insn::MoveWide(0, 2), Insn::Return()),
            {1}, Isa::kArm64) {
    Rt::declare_instruction(text, kSite, Insn::Nop().Bytes());
    Rt::set_trap_handler(
        [](void*, TrapFrame& frame) {
          frame.set_pc(frame.pc() + Insn::kLength);  // BRK reports its own address
          return true;
        },
        nullptr);
  }
  void Thread(int cpu) {
    if (cpu == 0) {
      Rt::write_code(text, kSite, Insn::Branch(kSite, kTarget)->Bytes());
      Rt::clean_code(text, kSite);
      Rt::synchronize_data();
      Rt::invalidate_code(text, kSite);
      Rt::synchronize_data();
      flag.store(1, release);
      return;
    }
    Rt::observe(seen[0], flag.load(acquire));
    Rt::synchronize_data();
    Rt::observe(seen[1], static_cast<int>(Rt::call(text, 0)));
  }
  std::array<Observation, 2> Observed() const { return seen; }

  static constexpr std::size_t kSite = 4, kTarget = 16;
  Rt::CodeRegion text;
  Rt::Atomic<int> flag{0, "flag"};
  std::array<Observation, 2> seen{{{"flag"}, {"w0"}}};
};

TEST(Arm64Traps, SynchroniseTheContext) {
  EXPECT_EQ(Stale<TrapBeforeTheSite<true>>(2), "---");
  EXPECT_EQ(Stale<TrapBeforeTheSite<false>>(2), "+++");
}

// Entry: what the handler calls.  Return: what is executed after it, though the flag was read
// inside.
template <bool kCallInHandler>
struct TrapAndText {
  TrapAndText() : trap(arm64::Code(Insn::Trap(), Insn::Return()), {1}, Isa::kArm64) {
    Rt::set_trap_handler(&Handle, this);
  }
  static bool Handle(void* self, TrapFrame& frame) {
    auto& s = *static_cast<TrapAndText*>(self);
    if (kCallInHandler) {
      Rt::observe(s.seen[1], s.code.Call());
    } else {
      Rt::observe(s.seen[0], s.flag.load(acquire));
      Rt::synchronize_data();
    }
    frame.set_pc(frame.pc() + Insn::kLength);
    return true;
  }
  void Thread(int cpu) {
    if (cpu == 0) {
      code.WriteNew();
      Maintain<Steps{}>(code.text);
      flag.store(1, release);
      return;
    }
    if (kCallInHandler) {
      Rt::observe(seen[0], flag.load(acquire));
      Rt::synchronize_data();
    }
    (void)Rt::call(trap, 0);
    if (!kCallInHandler) Rt::observe(seen[1], code.Call());
  }
  std::array<Observation, 2> Observed() const { return seen; }

  PatchableBranch code{1};
  Rt::CodeRegion trap;
  Rt::Atomic<int> flag{0, "flag"};
  std::array<Observation, 2> seen{{{"flag"}, {"w0"}}};
};

TEST(Arm64Traps, EntryAndReturnEachDo) {
  EXPECT_EQ(Stale<TrapAndText<true>>(2), "---");
  EXPECT_EQ(Stale<TrapAndText<false>>(2), "---");
}

// --- concurrent modification

constexpr std::array kInstructions = {Insn::Nop(),
                                      Insn::Isb(),
                                      Insn{Op::kBranch, 0, 0, 0, 8},
                                      Insn::MoveWide(0, 3),
                                      Insn{Op::kBranchIf, 0, 1, 0, 8},
                                      Insn::Move(1, 2)};

// The site's word is kInstructions[kFrom] and becomes kInstructions[kTo] while CPU 1 executes it.
template <std::size_t kFrom, std::size_t kTo>
struct ModifyUnderTheExecutor {
  ModifyUnderTheExecutor()
      : text(arm64::Code(kInstructions[kFrom], Insn::Return(), Insn::Return()), {1}, Isa::kArm64) {
    Rt::declare_instruction(text, 0, kInstructions[kFrom].Bytes());
  }
  void Thread(int cpu) {
    if (cpu == 1) return (void)Rt::call(text, 0);
    Rt::write_code(text, 0, kInstructions[kTo].Bytes());
  }
  Rt::CodeRegion text;
};

template <std::size_t kFrom, std::size_t kTo>
void ExpectModification() {
  const bool safe = kInstructions[kFrom].IsSafeToModify() && kInstructions[kTo].IsSafeToModify();
  for (const model::MemoryModel* m : model::Arm64Models()) {
    const Explored e = Explore(CodeOf<ModifyUnderTheExecutor<kFrom, kTo>>(2), *m);
    SCOPED_TRACE(std::string(m->name) + " " + std::to_string(kFrom) + " to " + std::to_string(kTo));
    EXPECT_EQ(e.error(), safe ? ErrorKind::kNone : ErrorKind::kConstrainedUnpredictable)
        << e.message();
  }
}

template <std::size_t... kPairs>
void ExpectModifications(std::index_sequence<kPairs...>) {
  constexpr std::size_t n = kInstructions.size();
  (ExpectModification<kPairs / n, kPairs % n>(), ...);
}

TEST(Arm64Modification, IsUnpredictableOutsideTheSafeSetAndOnlyThere) {
  constexpr std::size_t n = kInstructions.size();
  ExpectModifications(std::make_index_sequence<n * n>());
}

// The error names what was fetched and what was written.
TEST(Arm64Modification, ErrorNamesBothWords) {
  const Explored e = Explore(CodeOf<ModifyUnderTheExecutor<0, 3>>(2), model::Arm64());
  EXPECT_THAT(e.message(), HasSubstr("52800060"));
  EXPECT_THAT(e.message(), HasSubstr("d503201f (nop)"));
}

// Once nobody can fetch the word, anything may be written.
struct ModifyBeforeTheExecutor {
  ModifyBeforeTheExecutor() : text(arm64::Code(Insn::Nop(), Insn::Return()), {1}, Isa::kArm64) {
    Rt::declare_instruction(text, 0, Insn::Nop().Bytes());
  }
  void Thread(int cpu) {
    if (cpu == 0) {
      Rt::write_code(text, 0, Insn::MoveWide(0, 3).Bytes());
      Rt::clean_code(text, 0);
      Rt::synchronize_data();
      Rt::invalidate_code(text, 0);
      Rt::synchronize_data();
      return flag.store(1, release);
    }
    Rt::spin_until([this] { return flag.load(acquire) == 1; }, "the flag");
    Rt::synchronize_data();
    Rt::synchronize_context();
    Rt::observe(seen[0], Rt::call(text, 0));
  }
  std::array<Observation, 1> Observed() const { return seen; }
  Rt::CodeRegion text;
  Rt::Atomic<int> flag{0, "flag"};
  std::array<Observation, 1> seen{{{"w0"}}};
};

TEST(Arm64Modification, OfWhatNobodyCanFetchIsFree) {
  for (const model::MemoryModel* m : model::Arm64Models()) {
    const Explored e = Explore(CodeOf<ModifyBeforeTheExecutor>(2), *m);
    EXPECT_TRUE(e.holds()) << m->name << ": " << e.message();
    EXPECT_EQ(e.outcomes, (Outcomes{{3}})) << m->name;
  }
}

// --- misuse

struct Misuses {
  static inline void (*use)(Rt::CodeRegion& text) = nullptr;
  void Thread(int) { use(code.text); }
  PatchableBranch code{0};
};

std::string Misuse(void (*use)(Rt::CodeRegion& text)) {
  Misuses::use = use;
  const Explored e = Explore(CodeOf<Misuses>(1), model::Arm64());
  EXPECT_EQ(e.error(), ErrorKind::kCheckFailed) << e.message();
  return e.message();
}

TEST(Arm64Text, RefusesWhatIsNoWordOfTheRegion) {
  static constexpr auto kNop = Insn::Nop().Bytes();
  EXPECT_THAT(Misuse([](auto& text) { Rt::write_code(text, 2, kNop); }),
              HasSubstr("write_code at offset 2: not a whole word"));
  EXPECT_THAT(Misuse([](auto& text) { Rt::write_code(text, 4, std::span(kNop).first(2)); }),
              HasSubstr("write_code at offset 4: not a whole word"));
  EXPECT_THAT(Misuse([](auto& text) { Rt::write_code(text, 20, kNop); }),
              HasSubstr("beyond the end of the region, which has 20 bytes"));
  EXPECT_THAT(Misuse([](auto& text) { Rt::write_code(text, 8, kNop); }),
              HasSubstr("offset 8: no instruction was declared there"));
  EXPECT_THAT(Misuse([](auto& text) { (void)Rt::read_code(text, 1); }), HasSubstr("read_code"));
  EXPECT_THAT(Misuse([](auto& text) { Rt::clean_code(text, 24); }),
              HasSubstr("cache maintenance at offset 24"));
  EXPECT_THAT(Misuse([](auto& text) { Rt::invalidate_code(text, 6); }), HasSubstr("offset 6"));
}

TEST(Arm64Text, TwoInstructionSetsInOneProgramAreAMisuse) {
  struct Both {
    void Thread(int) {}
    Rt::CodeRegion arm{arm64::Code(Insn::Return()), {0}, Isa::kArm64};
    Rt::CodeRegion x86{arm64::Code(Insn::Return()), {0}, Isa::kX86_64};
  };
  EXPECT_THAT([] { Explore(CodeOf<Both>(1), model::Arm64()); },
              testing::ThrowsMessage<std::invalid_argument>(
                  HasSubstr("one program with text of two instruction sets")));
}

}  // namespace
}  // namespace heddle
