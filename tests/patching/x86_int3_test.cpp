// Does the INT3 protocol hold in every small configuration, and is each step as needed as it says?
//
// The catalog's sizes are checked in tests/scenarios/catalog_test.cpp; these are smaller ones.
#include "patching/x86_int3.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/check/check.h"
#include "runtime/model/model_runtime.h"
#include "scenarios/poke_one_site.h"

namespace heddle {
namespace {

template <typename Program>
Subject MakeSubject(std::string name, int threads) {
  Subject s;
  s.scenario = std::move(name);
  s.threads = threads;
  s.shape = Shape::kTorture;
  s.deliveries = {TrapDelivery::kKernel};
  s.observations = {"returned"};
  s.make = [] { return std::make_unique<detail::Instance<Program>>(); };
  return s;
}

// One row per value that `pokes` pokes make possible: version v returns v % 3 + 1.
std::vector<Expect> OutcomesOf(int pokes) {
  return PokeOutcomes(static_cast<std::size_t>(std::min(pokes + 1, 3)));
}

template <int kExecutors, int kPokes, int kCalls>
void ExpectHolds(TrapDelivery delivery) {
  Subject s =
      MakeSubject<PokeOneSiteProgram<ModelRuntime, FiveByteSite, kExecutors, kPokes, kCalls>>(
          "poke", kExecutors + 1);
  s.expected_outcomes = OutcomesOf(kPokes);
  for (const model::MemoryModel* m : model::AllModels()) {
    const CheckResult r = Check(s, *m, delivery, {});
    EXPECT_TRUE(r.AsExpected()) << m->name << " " << Name(delivery) << ": " << r.message << "\n"
                                << r.report;
  }
}

TEST(X86Int3, OnePokeHolds) {
  for (const TrapDelivery delivery : {TrapDelivery::kKernel, TrapDelivery::kUser}) {
    ExpectHolds<1, 1, 1>(delivery);
    ExpectHolds<1, 1, 2>(delivery);
  }
}

TEST(X86Int3, TwoPokesHold) { ExpectHolds<1, 2, 2>(TrapDelivery::kKernel); }
TEST(X86Int3, ThreePokesHoldAndPassThroughAllInstructions) {
  ExpectHolds<1, 3, 1>(TrapDelivery::kKernel);
}
TEST(X86Int3, TwoExecutorsHold) { ExpectHolds<2, 1, 1>(TrapDelivery::kKernel); }

// The patcher is its text's only executor, and calls it after each poke.
class PatcherAlone {
 public:
  PatcherAlone() { Rt::set_trap_handler(&X86Int3<Rt, 1>::OnTrap, &poker_); }
  void Thread(int) {
    const std::uintptr_t site = text_.address(0), target = text_.address(kTarget);
    const std::array versions = {X86Instruction::Nop(5), *X86Instruction::Call(site, target),
                                 *X86Instruction::Jump(site, target), X86Instruction::Nop(5)};
    for (std::size_t v = 1; v < versions.size(); ++v) {
      Rt::check(poker_.Poke(0, versions[v - 1], versions[v]) == PatchError::kNone, "refused");
      Rt::observe(returned_, Rt::call(text_, 0));
    }
  }
  std::array<Observation, 1> Observed() const { return {returned_}; }

 private:
  using Rt = ModelRuntime;
  static constexpr std::size_t kTarget = 10;
  // site: nop5; ret     target: mov eax, 2; ret
  static constexpr std::array<std::uint8_t, 16> kCode = {0x0F, 0x1F, 0x44, 0, 0, 0xC3, 0xCC, 0xCC,
                                                         0xCC, 0xCC, 0xB8, 2, 0, 0,    0,    0xC3};
  Rt::CodeRegion text_{kCode, {0}};
  X86Int3<Rt, 1> poker_{text_, {{0, X86Instruction::Nop(5)}}};
  Observation returned_{"returned"};
};

TEST(X86Int3, AloneThePatcherExecutesWhatItPoked) {
  using enum Grade;
  Subject s = MakeSubject<PatcherAlone>("patcher alone", 1);
  s.expected_outcomes = {{{0, 2}, kAllowed, kAllowed, kAllowed, "CALL and JMP"},
                         {{0, 0}, kAllowed, kAllowed, kAllowed, "NOP"}};
  for (const model::MemoryModel* m : model::AllModels()) {
    const CheckResult r = Check(s, *m, TrapDelivery::kKernel, {});
    EXPECT_TRUE(r.AsExpected()) << r.message << r.report;
    EXPECT_EQ(r.executions, 1U);  // the patcher serialises itself, so each fetch has one source
    // Two of the three calls return 2.
    EXPECT_EQ(r.outcomes, (decltype(r.outcomes){{{0, 0}, 1}, {{0, 2}, 2}}));
  }
}

template <typename Mutant>
Subject MakeMutant() {
  using Program = typename Mutant::template Program<ModelRuntime>;
  Subject s = MakeSubject<Program>("poke", 2);
  s.mutant = Mutant::kName;
  s.expected_outcomes = PokeOutcomes(3);
  s.expected = [](std::string_view model, TrapDelivery d) { return Mutant::Expected(model, d); };
  return s;
}

// Two pokes and one call are enough to show every step that the kernel's delivery needs.
TEST(X86Int3, EveryStepIsAsNeededAsItsMutantSays) {
  AllPokeMutants<PokeFamily<FiveByteSite, 1, 2, 1>>::ForEach([]<typename Mutant>() {
    const Subject s = MakeMutant<Mutant>();
    for (const model::MemoryModel* m : model::AllModels()) {
      const CheckResult r = Check(s, *m, TrapDelivery::kKernel, {});
      EXPECT_TRUE(r.AsExpected()) << s.name() << " under " << m->name << ": expected '"
                                  << r.expected().error << "', got '" << r.error << "' "
                                  << r.message;
    }
  });
}

// Nor does late delivery need P7, since T3b and T4b are there: ADR 3 relies on it.
TEST(X86Int3, WithoutTheLastSyncLateTrapsAreRetried) {
  using Mutant = NoSyncAfterFirst<PokeFamily<FiveByteSite, 1, 1, 2>>;
  Subject s = MakeMutant<Mutant>();
  s.expected_outcomes = PokeOutcomes(2);
  for (const model::MemoryModel* m : model::AllModels()) {
    const CheckResult r = Check(s, *m, TrapDelivery::kUser, {});
    EXPECT_EQ(r.verdict, CheckVerdict::kHolds) << m->name << ": " << r.message;
  }
}

}  // namespace
}  // namespace heddle
