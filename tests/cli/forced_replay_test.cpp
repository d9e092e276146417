// Does a failure of the model come on real threads, too, if they do the same in the same order?
#include "cli/forced_replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "cli/ordered_catalog.h"
#include "runtime/ordered/schedule.h"
#include "tests/support/heddle_command.h"

namespace heddle {
namespace {

using cli::ForcedReplay;
using testing::AllOf;
using testing::HasSubstr;

// Each mutant that fails under sc, or of arm64 text under Arm's model, which has no simpler one:
// all executions of the former are interleavings, but for stale fetches.
const model::MemoryModel& ModelOf(const Subject& s) {
  return s.isa == Isa::kArm64 ? model::Arm64() : model::Sc();
}

std::vector<const Subject*> Failing() {
  std::vector<const Subject*> subjects;
  for (const Subject& s : AllSubjects()) {
    const cli::OrderedSubject* const ordered = cli::FindOrdered(s.scenario, s.mutant);
    if (s.mutant.empty() || ordered == nullptr) continue;
    if (!s.expected(ModelOf(s).name, s.deliveries.front()).error.empty()) subjects.push_back(&s);
  }
  return subjects;
}

const Subject& Named(const std::string& name) {
  const auto& all = AllSubjects();
  return *std::find_if(all.begin(), all.end(), [&](const Subject& s) { return s.name() == name; });
}

std::string NameOf(const testing::TestParamInfo<const Subject*>& info) {
  std::string name = info.param->name();
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
}

// Without these fences data are reordered, not only fetched late.
bool IsWeak(const Subject& s) {
  return s.name() == "arm64_poke_brk/no-fence-after-publish" ||
         s.name() == "arm64_text_poke/no-fence-before-new" ||
         s.name() == "arm64_text_poke_user/no-fence-before-new";
}

class ForcedReplays : public testing::TestWithParam<const Subject*> {};

TEST_P(ForcedReplays, MutantFailsAsInTheModel) {
  const Subject& subject = *GetParam();
  const CheckResult r = Check(subject, ModelOf(subject), subject.deliveries.front(), {});
  ASSERT_EQ(r.verdict, CheckVerdict::kViolation);
  if (IsWeak(subject)) {
    EXPECT_THROW(cli::ReplayInOrder(r, nullptr), ordered::NotSchedulable);
    return;
  }
  std::vector<int> order, done;
  for (const model::EventId e : r.graph->trace.events) {
    const model::Label& label = r.graph->graph.at(e).label;
    if (!label.is_write() || !label.rmw) order.push_back(r.graph->trace.NumberOf(e));
  }
  const ForcedReplay replay =
      cli::ReplayInOrder(r, [&](const ordered::Step& step) { done.push_back(step.number); });
  EXPECT_EQ(replay.verdict, ForcedReplay::Verdict::kFailure) << replay.text << r.report;
  // Of a use after free, the use may have been moved behind the free.
  if (r.error == "use after free")
    EXPECT_THAT(done, testing::UnorderedElementsAreArray(order)) << r.report;
  else
    EXPECT_EQ(done, order) << r.report;
}

INSTANTIATE_TEST_SUITE_P(Mutants, ForcedReplays, testing::ValuesIn(Failing()), NameOf);

TEST(ForcedReplay, HasAllMutants) {
  for (const Subject& s : AllSubjects()) {
    if (s.mutant.empty()) continue;
    EXPECT_NE(cli::FindOrdered(s.scenario, s.mutant), nullptr) << s.name();
  }
}

const std::string kRace = "'MP/relaxed-publication@rc11+kernel:1:#2.a1a0#2.:'";

TEST(CliForcedReplay, PrintsStepsAndTheFailure) {
  const Output o = Heddle("replay --native " + kRace);
  EXPECT_EQ(o.status, 1) << o.err;
  EXPECT_THAT(o.out, AllOf(HasSubstr("e1 CPU0: W plain payload = 42, message_passing.h:"),
                           HasSubstr("e3 CPU1: R acq flag = 1 from e2"),
                           HasSubstr("the same failure as in the model: data race on 'payload'"),
                           HasSubstr("break heddle_step")));
}

TEST(CliForcedReplay, TakesFiles) {
  const std::string folder =
      testing::TempDir() + "heddle_forced_replay_" + std::to_string(getpid());
  ASSERT_EQ(Heddle("check MP/relaxed-publication --model rc11 --reproducers " + folder).status, 0);
  std::string file;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) file = entry.path();
  EXPECT_EQ(Heddle("replay --native " + file).status, 1);
  ExpectMisuse("replay --native --json x.json " + file, "--native writes no file");
  std::filesystem::remove_all(folder);
}

TEST(CliForcedReplay, NativeFailuresAreRefused) {
  const std::string file =
      testing::TempDir() + "heddle_forced_native_" + std::to_string(getpid()) + ".json";
  std::ofstream(file) << R"({"format": "heddle-reproducer", "version": 1, "kind": "native",
    "scenario": "SB", "placement": "one L3", "cpus": [0, 1], "seed": 1, "milliseconds": 10,
    "failure": "x"})";
  ExpectMisuse("replay --native " + file, "leave --native out, to run it again");
  std::filesystem::remove(file);
}

TEST(CliForcedReplay, AnExecutionThatHoldsHolds) {
  const Output o = Heddle("replay --native 'MP@rc11+kernel:1:#2.a1a0#2.:'");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_THAT(o.out, HasSubstr("holds, as in the model"));
}

// Both threads read 0 of what the other has written.
TEST(CliForcedReplay, WeakOutcomesAreRefused) {
  ExpectMisuse("replay --native 'SB@tso+kernel:1:i#2.i#2.:'",
               "it is a weak-memory outcome, not sequentially schedulable");
}

// Reads alone would do: it is the writes that come in no order.
TEST(CliForcedReplay, WeakOutcomesOfWritesAreRefused) {
  const Subject& mutant = Named("2+2W+sc/one-release-writer");
  const CheckResult r = Check(mutant, *model::FindModel("rc11"), mutant.deliveries.front(), {});
  ASSERT_EQ(r.error, "forbidden outcome");
  ExpectMisuse("replay --native '" + r.token + "'", "it is a weak-memory outcome");
}

TEST(ForcedReplay, AUseComesAfterTheFree) {
  const Subject& mutant = Named("treiber_stack/immediate-free");
  const CheckResult r = Check(mutant, model::Sc(), mutant.deliveries.front(), {});
  ASSERT_EQ(r.error, "use after free");
  const ForcedReplay replay = cli::ReplayInOrder(r, [](const ordered::Step&) {});
  EXPECT_EQ(replay.verdict, ForcedReplay::Verdict::kFailure);
  EXPECT_THAT(replay.text, HasSubstr("which has been freed"));
}

CheckResult FailureOf(const std::string& mutant) {
  const Subject& subject = Named(mutant);
  return Check(subject, model::Sc(), subject.deliveries.front(), {});
}

// The bytes are those that this run's threads have written and fetched.
TEST(CliForcedReplay, TornTextIsExecuted) {
  const CheckResult r = FailureOf("poke_one_site/no-int3");
  ASSERT_EQ(r.error, "torn instruction");
  const Output o = Heddle("replay --native '" + r.token + "'");
  EXPECT_EQ(o.status, 1) << o.out << o.err;
  EXPECT_THAT(o.out, AllOf(HasSubstr("fetch text["),
                           HasSubstr("the same failure as in the model: " + r.message)));
}

// Without the last sync_core_all a CPU may go on with what it fetched before.
TEST(CliForcedReplay, AStaleFetchFindsWhatWasThere) {
  const CheckResult r = FailureOf("poke_one_site/no-sync-after-tail");
  ASSERT_EQ(r.verdict, CheckVerdict::kViolation);
  const Output o = Heddle("replay --native '" + r.token + "'");
  EXPECT_EQ(o.status, 1) << o.out << o.err;
  EXPECT_THAT(o.out, testing::ContainsRegex("fetch text.*, stale: there is "));
}

}  // namespace
}  // namespace heddle
