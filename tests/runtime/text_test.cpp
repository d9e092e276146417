// When may a CPU execute old, new or torn code, and where do interrupts come?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "isa/x86_64.h"
#include "tests/support/check_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::HasSubstr;
using Rt = ModelRuntime;
using Outcomes = std::set<std::vector<std::int64_t>>;
using Instruction = std::array<std::uint8_t, 5>;
using enum std::memory_order;

// mov eax, imm32 with the two low bytes of the immediate.
constexpr Instruction Move(std::uint8_t low, std::uint8_t high = 0) {
  return {0xB8, low, high, 0, 0};
}

// Text that returns the immediate of a patchable MOV, for one executor.
struct PatchableMove {
  explicit PatchableMove(int executor) : text(kCode, {executor}) {
    for (const auto& insn : {Move(1, 1), Move(1, 2), Move(2, 1), Move(2, 2)})
      Rt::declare_instruction(text, 0, insn);
  }
  int Call() { return static_cast<int>(Rt::call(text, 0)); }
  void WriteLow(std::uint8_t byte) { Rt::write_code(text, 1, {&byte, 1}); }
  void WriteHigh(std::uint8_t byte) { Rt::write_code(text, 2, {&byte, 1}); }

  static constexpr std::array<std::uint8_t, 6> kCode = {0xB8, 1, 1, 0, 0, 0xC3};
  Rt::CodeRegion text;
};
constexpr int kOld = 0x0101, kNewLow = 0x0102;

template <bool kWriteHigh>
struct PatchUnderTheExecutor {
  void Thread(int cpu) {
    if (cpu == 1) return Rt::observe(seen[0], code.Call());
    code.WriteLow(2);
    if (kWriteHigh) code.WriteHigh(2);
  }
  std::array<Observation, 1> Observed() const { return seen; }
  PatchableMove code{1};
  std::array<Observation, 1> seen{{{"eax"}}};
};

TEST(Fetch, OneByteStoreIsOldOrNew) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = Explore(CodeOf<PatchUnderTheExecutor<false>>(2), *m);
    EXPECT_TRUE(e.holds()) << e.message();
    EXPECT_EQ(e.outcomes, (Outcomes{{kOld}, {kNewLow}}));
  }
}

// Every mixture is declared, so only the age of its bytes tells that an instruction is torn: the
// old low byte was gone before the new high byte came.
TEST(Fetch, BytesThatWereNeverTogetherAreTorn) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = Explore(CodeOf<PatchUnderTheExecutor<true>>(2), *m);
    EXPECT_EQ(e.error(), ErrorKind::kTornInstruction) << m->name;
    EXPECT_THAT(e.message(), HasSubstr("'text[1]'"));
    EXPECT_THAT(e.message(), HasSubstr("'text[2]'"));
  }
}

// After sync_core_all the CPU sees its own store; the bytes are all of one age.
template <std::uint8_t kLow>
struct PatchOwnCode {
  void Thread(int) {
    code.WriteLow(kLow);
    Rt::sync_core_all();
    Rt::observe(seen[0], code.Call());
  }
  std::array<Observation, 1> Observed() const { return seen; }
  PatchableMove code{0};
  std::array<Observation, 1> seen{{{"eax"}}};
};

TEST(Fetch, UndeclaredBytesAreTorn) {
  const Explored declared = Explore(CodeOf<PatchOwnCode<2>>(1));
  EXPECT_TRUE(declared.holds());
  EXPECT_EQ(declared.outcomes, (Outcomes{{kNewLow}}));
  const Explored undeclared = Explore(CodeOf<PatchOwnCode<3>>(1));
  EXPECT_EQ(undeclared.error(), ErrorKind::kTornInstruction);
  EXPECT_THAT(undeclared.message(),
              HasSubstr("decoded b8 03 01 00 00 (mov eax, 0x103) at text[0]"));
}

template <bool kSync>
struct FlagAfterPatch {
  void Thread(int cpu) {
    if (cpu == 0) {
      code.WriteLow(2);
      if (kSync) Rt::sync_core_all();
      flag.store(1, release);
      return;
    }
    (void)code.Call();  // somewhere to take the interrupt before the flag is read
    Rt::observe(seen[0], flag.load(acquire));
    Rt::observe(seen[1], code.Call());
  }
  std::array<Observation, 2> Observed() const { return seen; }
  PatchableMove code{1};
  Rt::Atomic<int> flag{0, "flag"};
  std::array<Observation, 2> seen{{{"flag"}, {"eax"}}};
};

TEST(Fetch, MayBeStaleUntilSerialised) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored stale = Explore(CodeOf<FlagAfterPatch<false>>(2), *m);
    EXPECT_TRUE(stale.holds()) << stale.message();
    EXPECT_EQ(stale.outcomes, (Outcomes{{0, kOld}, {0, kNewLow}, {1, kOld}, {1, kNewLow}}));
    const Explored synced = Explore(CodeOf<FlagAfterPatch<true>>(2), *m);
    EXPECT_TRUE(synced.holds()) << synced.message();
    EXPECT_EQ(synced.outcomes, (Outcomes{{0, kOld}, {0, kNewLow}, {1, kNewLow}})) << m->name;
  }
}

// Self-modification: a CPU fetches its own stores after a jump, which a call is.
struct PatchOwnCodeAndJump {
  void Thread(int) {
    code.WriteLow(2);
    Rt::observe(seen[0], code.Call());
    code.WriteHigh(2);
    Rt::synchronize_context();
    Rt::observe(seen[1], code.Call());
  }
  std::array<Observation, 2> Observed() const { return seen; }
  PatchableMove code{0};
  std::array<Observation, 2> seen{{{"after a jump"}, {"after serialising"}}};
};

TEST(Fetch, ACpuSeesItsOwnStores) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = Explore(CodeOf<PatchOwnCodeAndJump>(1), *m);
    EXPECT_TRUE(e.holds()) << e.message();
    EXPECT_EQ(e.outcomes, (Outcomes{{kNewLow, 0x0202}})) << m->name;
  }
}

// mov eax, imm32 at `kSite`, all of whose bytes change, in one store of each quadword it is in.
template <std::size_t kSite>
struct QuadwordPatch {
  QuadwordPatch() {
    Rt::declare_instruction(text, kSite, Bytes(kOldValue));
    Rt::declare_instruction(text, kSite, Bytes(kNewValue));
  }
  void Thread(int cpu) {
    if (cpu == 1) return Rt::observe(seen[0], Rt::call(text, kSite));
    const auto code = Code(kNewValue);
    Rt::write_code(text, 0, std::span(code).first(8));
    if (kSite + 5 > 8) Rt::write_code(text, 8, std::span(code).subspan(8));
  }
  std::array<Observation, 1> Observed() const { return seen; }

  static constexpr std::int32_t kOldValue = 0x01010101, kNewValue = 0x02020202;
  static std::array<std::uint8_t, 5> Bytes(std::int32_t value) {
    std::array<std::uint8_t, 5> bytes{};
    const auto all = X86Instruction::MoveEax(value).Encode();
    std::copy_n(all.begin(), bytes.size(), bytes.begin());
    return bytes;
  }
  static std::array<std::uint8_t, 16> Code(std::int32_t value) {
    std::array<std::uint8_t, 16> code{};
    code.fill(0x90);
    const auto move = Bytes(value);
    std::copy(move.begin(), move.end(), code.begin() + kSite);
    code[kSite + move.size()] = 0xC3;
    return code;
  }

  Rt::CodeRegion text{Code(kOldValue), {1}, Isa::kX86_64, FetchRule::kAlignedQuadword};
  std::array<Observation, 1> seen{{{"eax"}}};
};

// AMD's rule: old or new; but an instruction that crosses into the next quadword may be torn.
TEST(Fetch, AnAlignedQuadwordIsFetchedWhole) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored within = Explore(CodeOf<QuadwordPatch<3>>(2), *m);
    EXPECT_TRUE(within.holds()) << within.message();
    EXPECT_EQ(within.outcomes, (Outcomes{{0x01010101}, {0x02020202}})) << m->name;
    const Explored crossing = Explore(CodeOf<QuadwordPatch<4>>(2), *m);
    EXPECT_EQ(crossing.error(), ErrorKind::kTornInstruction) << m->name;
  }
}

struct WritesPartOfAQuadword {
  void Thread(int) { Rt::write_code(text, 4, std::span(kCode).first(4)); }
  static constexpr std::array<std::uint8_t, 8> kCode = {0x90, 0x90, 0x90, 0x90,
                                                        0x90, 0x90, 0x90, 0xC3};
  Rt::CodeRegion text{kCode, {0}, Isa::kX86_64, FetchRule::kAlignedQuadword};
};

TEST(WriteCode, OfPartOfAQuadwordIsAnError) {
  const Explored e = Explore(CodeOf<WritesPartOfAQuadword>(1));
  EXPECT_EQ(e.error(), ErrorKind::kCheckFailed);
  EXPECT_THAT(e.message(), HasSubstr("not a whole aligned quadword"));
}

struct WritesElsewhere {
  void Thread(int) {
    const std::uint8_t nop = 0x90;
    Rt::write_code(code.text, 5, {&nop, 1});
  }
  PatchableMove code{0};
};

TEST(WriteCode, OutsideADeclaredInstructionIsAnError) {
  const Explored e = Explore(CodeOf<WritesElsewhere>(1));
  EXPECT_EQ(e.error(), ErrorKind::kCheckFailed);
  EXPECT_THAT(e.message(), HasSubstr("write_code at offset 5"));
}

// The executor may acknowledge before its store: a sync is no grace period for what follows the
// interrupt.  `kStore`: where CPU 1 stores `data`.
enum class StoreAt { kBeforeCall, kAfterCall };
template <StoreAt kStore>
struct StoreAndSync {
  void Thread(int cpu) {
    if (cpu == 1) {
      if (kStore == StoreAt::kBeforeCall) data.store(1);
      (void)code.Call();
      if (kStore == StoreAt::kAfterCall) data.store(1);
      return;
    }
    Rt::sync_core_all();
    Rt::observe(seen[0], data.load());
  }
  std::array<Observation, 1> Observed() const { return seen; }
  PatchableMove code{1};
  Rt::Plain<int> data{0, "data"};
  std::array<Observation, 1> seen{{{"data"}}};
};

TEST(SyncCoreAll, IsNoGracePeriodForDataAccesses) {
  for (const model::MemoryModel* m : model::AllModels()) {
    EXPECT_EQ(Explore(CodeOf<StoreAndSync<StoreAt::kBeforeCall>>(2), *m).error(),
              ErrorKind::kDataRace);
    EXPECT_EQ(Explore(CodeOf<StoreAndSync<StoreAt::kAfterCall>>(2), *m).error(),
              ErrorKind::kDataRace);
  }
}

// A waiting CPU takes interrupts, so neither of these is a deadlock.
struct ExecutorWaitsForPatcher {
  void Thread(int cpu) {
    if (cpu == 1) {
      (void)code.Call();
      Rt::spin_until([this] { return done.load(acquire) == 1; }, "done");
      return;
    }
    Rt::sync_core_all();
    done.store(1, std::memory_order_release);
  }
  PatchableMove code{1};
  Rt::Atomic<int> done{0, "done"};
};

TEST(SyncCoreAll, InterruptsAWaitingExecutor) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = Explore(CodeOf<ExecutorWaitsForPatcher>(2), *m);
    EXPECT_TRUE(e.holds()) << m->name << ": " << e.message();
    EXPECT_GT(e.result.executions, 0U);
  }
}

// Two CPUs await read-modify-writes of one word, and a third one sets it going.  With `kExecutors`
// they may be interrupted meanwhile, so that each await is a loop.
template <bool kExecutors>
struct AwaitsReadModifyWrites {
  void Thread(int cpu) {
    if (cpu == 2) return word.store(1, release);
    // Even numbers are another CPU's on the way: it adds one before it waits again.
    const auto is_odd = [](int v) { return v % 2 == 1; };
    const auto mine = static_cast<std::size_t>(3 * cpu);
    const int taken = word.await_exchange(is_odd, 10 * (cpu + 1), acq_rel, "an odd word");
    Rt::observe(seen[mine], taken);
    const int added = word.await_fetch_add([](int v) { return v >= 10; }, 1, acq_rel, "tens");
    Rt::observe(seen[mine + 1], added);
    // The other CPU's number is fine, too, but not replaced.
    const int last = word.await_compare_exchange(is_odd, 21, 41, acq_rel, "an odd word, again");
    Rt::observe(seen[mine + 2], last);
  }
  std::array<Observation, 6> Observed() const { return seen; }
  static Rt::CodeRegion Text() {
    if (kExecutors) return {PatchableMove::kCode, {0, 1}};
    return {PatchableMove::kCode, {}};
  }
  Rt::CodeRegion text = Text();
  Rt::Atomic<int> word{0, "word"};
  std::array<Observation, 6> seen{{{"a"}, {"b"}, {"c"}, {"d"}, {"e"}, {"f"}}};
};

TEST(Awaits, OfReadModifyWritesAreTheSameForCpusThatExecuteText) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored plain = Explore(CodeOf<AwaitsReadModifyWrites<false>>(3), *m);
    const Explored looping = Explore(CodeOf<AwaitsReadModifyWrites<true>>(3), *m);
    EXPECT_TRUE(plain.holds()) << plain.message();
    EXPECT_TRUE(looping.holds()) << looping.message();
    EXPECT_GT(plain.outcomes.size(), 1U);
    EXPECT_EQ(looping.outcomes, plain.outcomes) << m->name;
  }
}

// An executor that is given up where it might take an interrupt, in front of an operation that must
// return.
struct MustReturnBehindAnInterrupt {
  static inline int begun = 0;
  void Thread(int) {
    ++begun;
    const Rt::MustReturn must_return;
    word.store(1, relaxed);
    word.store(2, relaxed);
  }
  PatchableMove code{0};
  Rt::Atomic<int> word{0, "word"};
};

TEST(Interrupts, LetAThreadGoThatIsGivenUp) {
  Machine machine(CodeOf<MustReturnBehindAnInterrupt>(1));
  MustReturnBehindAnInterrupt::begun = 0;
  for (int run = 1; run <= 3; ++run) {
    machine.Restart();
    EXPECT_EQ(machine.LocationName(machine.Next(0).label.location), "sync generation");
    EXPECT_EQ(MustReturnBehindAnInterrupt::begun, run);
  }
}

struct SyncsTwice {
  void Thread(int cpu) {
    if (cpu == 1) {
      (void)code.Call();
      return;
    }
    Rt::sync_core_all();
    Rt::sync_core_all();
  }
  PatchableMove code{1};
};

TEST(SyncCoreAll, SeveralInterruptsMayComeAtOnePoint) {
  std::set<int> interrupts;
  const auto count = [&](const model::ExecutionGraph& g) {
    int n = 0;
    for (const model::Event& e : g.thread(1)) n += e.label.kind == model::Kind::kSerialize;
    interrupts.insert(n);
  };
  EXPECT_TRUE(Explore(CodeOf<SyncsTwice>(2), model::Rc11(), count).holds());
  // Before the only patchable instruction come none, one or both; the others after the end.
  EXPECT_EQ(interrupts, (std::set<int>{0, 1, 2}));
}

// CPU 0 syncs while CPU 1 is in a trap handler (int3; mov 7; ret), which reads `synced` twice.
struct SyncDuringTrap {
  SyncDuringTrap() { Rt::set_trap_handler(&Handle, this); }
  void Thread(int cpu) {
    if (cpu == 1) {
      (void)Rt::call(text, 0);
      return;
    }
    Rt::spin_until([this] { return in_handler.load(acquire); }, "the handler");
    Rt::sync_core_all();
    synced.store(1, release);
  }
  static bool Handle(void* self, TrapFrame&) {
    auto& s = *static_cast<SyncDuringTrap*>(self);
    s.in_handler.store(true, release);
    Rt::observe(s.seen[0], s.synced.load(acquire));
    Rt::observe(s.seen[1], s.synced.load(acquire));
    return true;
  }
  std::array<Observation, 2> Observed() const { return seen; }

  static constexpr std::array<std::uint8_t, 7> kCode = {0xCC, 0xB8, 7, 0, 0, 0, 0xC3};
  Rt::CodeRegion text{kCode, {1}};
  Rt::Atomic<bool> in_handler{false, "in handler"};
  Rt::Atomic<int> synced{0, "synced"};
  std::array<Observation, 2> seen{{{"first"}, {"second"}}};
};

// In the kernel the interrupt stays pending until the handler has returned, so the sync that began
// in the handler ends after it.  A signal handler can be interrupted before its first read, too,
// and between the two; (1, 0) would go back in time.
TEST(TrapDelivery, OnlyUserHandlersAreInterrupted) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored kernel = Explore(CodeOf<SyncDuringTrap>(2, TrapDelivery::kKernel), *m);
    EXPECT_TRUE(kernel.holds()) << kernel.message();
    EXPECT_EQ(kernel.outcomes, (Outcomes{{0, 0}})) << m->name;
    const Explored user = Explore(CodeOf<SyncDuringTrap>(2, TrapDelivery::kUser), *m);
    EXPECT_TRUE(user.holds()) << user.message();
    EXPECT_EQ(user.outcomes, (Outcomes{{0, 0}, {0, 1}, {1, 1}})) << m->name;
  }
}

// Text begins with a breakpoint that never changes: the interrupt may come before it, too.
struct SyncBeforeTrap {
  SyncBeforeTrap() { Rt::set_trap_handler(&Handle, this); }
  void Thread(int cpu) {
    if (cpu == 1) {
      (void)Rt::call(text, 0);
      return;
    }
    Rt::sync_core_all();
    synced.store(1, release);
  }
  static bool Handle(void* self, TrapFrame&) {
    auto& s = *static_cast<SyncBeforeTrap*>(self);
    Rt::observe(s.seen[0], s.synced.load(acquire));
    return true;
  }
  std::array<Observation, 1> Observed() const { return seen; }

  static constexpr std::array<std::uint8_t, 2> kCode = {0xCC, 0xC3};
  Rt::CodeRegion text{kCode, {1}};
  Rt::Atomic<int> synced{0, "synced"};
  std::array<Observation, 1> seen{{{"synced"}}};
};

TEST(TrapDelivery, InterruptsComeBeforeAConstantBreakpoint) {
  const Explored e = Explore(CodeOf<SyncBeforeTrap>(2, TrapDelivery::kKernel));
  EXPECT_TRUE(e.holds()) << e.message();
  EXPECT_EQ(e.outcomes, (Outcomes{{0}, {1}}));
}

}  // namespace
}  // namespace heddle
