// Does a token bring back the very execution that it was made of, and say what is wrong with it?
#include "model/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "runtime/check/check.h"
#include "tests/support/check_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::HasSubstr;
using Rt = ModelRuntime;
using enum std::memory_order;

const Subject& SubjectOf(const std::string& name) {
  const auto& all = AllSubjects();
  return *std::find_if(all.begin(), all.end(), [&](const Subject& s) { return s.name() == name; });
}

ModelCode CodeOfSubject(const std::string& name) {
  const Subject& s = SubjectOf(name);
  return {s.name(), s.threads, s.deliveries.front(), s.make};
}

struct Choices {
  void Thread(int cpu) {
    const int n = Rt::choose(3);
    if (cpu == 0)
      x.store(n, relaxed);
    else if (Rt::choose(2) == 1)
      (void)x.load(relaxed);
  }
  Rt::Atomic<int> x{0, "x"};
};

// Writes by CPU 8, whose letter in tokens is also that of initial writes, and by CPU 31, the last.
struct ManyThreads {
  void Thread(int cpu) {
    if (cpu == 8 || cpu == 31) x.store(cpu, relaxed);
    if (cpu == 0) (void)x.load(relaxed);
  }
  Rt::Atomic<int> x{0, "x"};
};

// A byte of code changes while it is fetched.
struct FetchesChangingCode {
  FetchesChangingCode() {
    for (const std::uint8_t imm : {std::uint8_t{1}, std::uint8_t{2}})
      Rt::declare_instruction(text, 0, std::array<std::uint8_t, 5>{0xB8, imm, 0, 0, 0});
  }
  void Thread(int cpu) {
    const std::uint8_t two = 2;
    if (cpu == 1) return Rt::observe(seen, Rt::call(text, 0));
    Rt::write_code(text, 1, {&two, 1});
    Rt::sync_core_all();
  }
  static constexpr std::array<std::uint8_t, 6> kCode = {0xB8, 1, 0, 0, 0, 0xC3};
  Rt::CodeRegion text{kCode, {1}};
  Observation seen{"eax"};
};

// Encodes every execution (the first few hundred at most) and replays it on a fresh machine.
void ExpectRoundTrip(const ModelCode& code, std::size_t at_least) {
  for (const model::MemoryModel* m : model::AllModels()) {
    SCOPED_TRACE(code.name + " under " + std::string(m->name));
    struct Execution {
      std::string token;
      std::uint64_t fingerprint;
    };
    std::vector<Execution> executions;
    Machine machine(code);
    model::ExploreOptions options;
    options.max_executions = 500;
    (void)model::ExploreByRevisits(machine, *m, options, [&](const model::ExecutionGraph& g) {
      executions.push_back({model::EncodeExecution(g), g.Fingerprint()});
    });
    EXPECT_GE(executions.size(), at_least);
    std::set<std::string> tokens;
    Machine fresh(code);
    for (const Execution& e : executions) {
      EXPECT_TRUE(tokens.insert(e.token).second) << "two executions have one token: " << e.token;
      const auto result =
          model::ReplayExecution(fresh, *m, e.token, [&](const model::ExecutionGraph& g) {
            EXPECT_EQ(g.Fingerprint(), e.fingerprint) << e.token;
            EXPECT_EQ(model::EncodeExecution(g), e.token);
          });
      EXPECT_EQ(result.executions, 1U) << e.token;
      EXPECT_FALSE(result.violation) << e.token;
    }
  }
}

TEST(Replay, EveryExecutionComesBack) {
  ExpectRoundTrip(CodeOfSubject("SB"), 3);     // 3 interleavings' outcomes; a fourth where weak
  ExpectRoundTrip(CodeOfSubject("IRIW"), 15);  // 4 binary reads, less the weak outcome under sc
  ExpectRoundTrip(CodeOfSubject("2+2W"), 3);
  ExpectRoundTrip(CodeOfSubject("RMW+permutation"), 6);  // the orders of three increments
  ExpectRoundTrip(CodeOfSubject("RMW+release-sequence"), 5);
  ExpectRoundTrip(CodeOf<Choices>(2), 3 * 3 * (1 + 2));  // CPU 1 does not read, or sees 0 or n
  ExpectRoundTrip(CodeOf<ManyThreads>(32), 2 * 3);       // two orders of writes, three sources
  ExpectRoundTrip(CodeOf<FetchesChangingCode>(2), 3);    // old or new, before or after the sync
}

TEST(Replay, EveryExecutionOfPokeOneSiteComesBack) {
  ExpectRoundTrip(CodeOfSubject("poke_one_site"), 100);
}

TEST(Replay, MalformedTokensAreRefusedWithTheReason) {
  struct Case {
    const char* token;
    const char* reason;
  };
  // MP: CPU 0 has two writes; CPU 1 reads the flag and, if it is set, the payload.
  const std::vector<Case> cases = {{"", "does not start with '1:'"},
                                   {"2:#2.i#1.:", "does not start with '1:'"},
                                   {"1:", "ends too early"},
                                   {"1:#2.i#1", "ends too early"},
                                   {"1:#2.i#1.", "ends too early"},
                                   {"1::", "a '#' is missing"},
                                   {"1:#2.i:", "a '#' is missing"},
                                   {"1:#.i#1.:", "a number is missing"},
                                   {"1:#2.a#1.:", "a number is missing"},
                                   {"1:#2.=#1.:", "a number is missing"},
                                   {"1:#2 i#1.:", "a '.' is missing"},
                                   {"1:#2.?#1.:", "unexpected character '?'"},
                                   {"1:#2.i#1.:a0;a1", "unexpected character ';'"},
                                   {"1:#2.:", "it is for 1 threads, but the scenario has 2"},
                                   {"1:#2.i#1.#1.:", "it is for 3 threads"},
                                   {"1:#2.#1.:", "an answer is missing"},
                                   {"1:#2.a1#2.:", "an answer is missing"},
                                   {"1:#2.=0#1.:", "another scenario"},
                                   {"1:#2.a7#1.:", "source never happens"},
                                   {"1:#1.a1#1.:", "source never happens"},
                                   {"1:#2.a0#1.:", "not a write of what it reads"}};
  for (const Case& c : cases) {
    Machine machine(CodeOfSubject("MP"));
    try {
      (void)model::ReplayExecution(machine, model::Rc11(), c.token, {});
      ADD_FAILURE() << "accepted: '" << c.token << "'";
    } catch (const std::invalid_argument& e) {
      EXPECT_THAT(e.what(), HasSubstr("'" + std::string(c.token) + "'"));
      EXPECT_THAT(e.what(), HasSubstr(c.reason)) << c.token;
    }
  }
  Machine chooses(CodeOf<Choices>(1));
  EXPECT_THROW((void)model::ReplayExecution(chooses, model::Sc(), "1:=3#2.:", {}),
               std::invalid_argument);  // of three alternatives, 0 to 2
}

TEST(Replay, TokensOfChecksAreRefusedWithTheReason) {
  struct Case {
    const char* token;
    const char* reason;
  };
  const std::vector<Case> cases = {{"", "must look like"},
                                   {"MP", "must look like"},
                                   {"MP@rc11:1:#2.i#1.:", "must look like"},
                                   {"MPP@rc11+kernel:1:#2.i#1.:", "no scenario 'MPP'"},
                                   {"MP/x@rc11+kernel:1:#2.i#1.:", "no scenario 'MP/x'"},
                                   {"MP@arm+kernel:1:#2.i#1.:", "no model 'arm'"},
                                   {"MP@rc11+nmi:1:#2.i#1.:", "not 'nmi'"},
                                   {"IRIW@rc11+kernel:1:#2.i#1.:", "it is for 2 threads"}};
  for (const Case& c : cases) {
    try {
      (void)heddle::Replay(c.token);
      ADD_FAILURE() << "accepted: '" << c.token << "'";
    } catch (const std::invalid_argument& e) {
      EXPECT_THAT(e.what(), HasSubstr(c.reason)) << c.token;
    }
  }
}

// The searches' own violations; those of every mutant, as reports:
// tests/scenarios/catalog_test.cpp.
TEST(Replay, ViolationsComeBackWithTheSameError) {
  for (const Subject& s : AllSubjects()) {
    // Late delivery's searches take long, and litmus outcomes are forbidden by check's judge only.
    if (s.mutant.empty() || s.deliveries.front() == TrapDelivery::kUser) continue;
    for (const model::MemoryModel* m : UsualModels(s)) {
      if (s.shape == Shape::kSample || s.expected(m->name, TrapDelivery::kKernel).error.empty())
        continue;
      SCOPED_TRACE(s.name() + " under " + std::string(m->name));
      Machine machine(CodeOfSubject(s.name()));
      const auto found = model::ExploreByRevisits(machine, *m, {}, {});
      ASSERT_TRUE(found.violation);
      const std::string token = model::EncodeExecution(found.violation->graph);
      const auto again = model::ReplayExecution(machine, *m, token, {});
      ASSERT_TRUE(again.violation) << token;
      EXPECT_EQ(again.violation->kind, found.violation->kind);
      // A replay adds events in another order, so it may come to a race before the search did.
      if (again.violation->graph.event_count() < found.violation->graph.event_count()) continue;
      EXPECT_EQ(again.violation->message, found.violation->message);
      EXPECT_EQ(model::EncodeExecution(again.violation->graph), token);
    }
  }
}

void ExpectRefused(const char* token) {
  EXPECT_THROW((void)heddle::Replay(token), std::invalid_argument) << token;
}

TEST(Replay, ExecutionsThatTheModelForbidsAreRefused) {
  ExpectRefused("SB@sc+kernel:1:i#2.i#2.:");                         // both loads read 0
  ExpectRefused("CoRR@sc+kernel:1:#1.a0i#2.:");                      // back in time
  ExpectRefused("RMW+permutation@sc+kernel:1:i#2.i#2.i#2.:a1b1c1");  // no atomicity
}

TEST(Replay, TokensThatDoNotFitExactlyAreRefused) {
  ExpectRefused("MP@rc11+kernel:1:i#2.i#2.:");     // SB's: CPU 0 of MP has nothing to answer
  ExpectRefused("MP@rc11+kernel:1:#2.i#9.:");      // CPU 1 has one event, not nine
  ExpectRefused("MP@rc11+kernel:1:#2.a1a0i#2.:");  // an answer too many
  ExpectRefused("MP@rc11+kernel:1:#2.a1#1.:");     // CPU 1 stops before it reads the payload
  ExpectRefused("MP@rc11+kernel:1:#2.i#1.:a9b9");  // an order of writes that never happen
}

TEST(Replay, EventsOfThreadsThatDoNotExistAreRefused) {
  ExpectRefused("MP@rc11+kernel:1:#2.F0#2.:");
}

// The search meets the race after CPU 0's last event; a replay, before it.
struct RacesBeforeTheEnd {
  void Thread(int cpu) {
    constexpr auto relaxed = std::memory_order_relaxed;
    if (cpu == 0) {
      x.store(1);
      f.store(1, relaxed);
      (void)g.load(relaxed);
      h.store(1, relaxed);
    } else if (cpu == 1) {
      if (h.load(relaxed) == 0 && f.load(relaxed) == 1) (void)x.load();
    } else {
      g.store(1, relaxed);
    }
  }
  ModelRuntime::Plain<int> x{0, "x"};
  ModelRuntime::Atomic<int> f{0, "f"}, g{0, "g"}, h{0, "h"};
};

TEST(Replay, AViolationMayShowBeforeTheTokenEnds) {
  Machine machine(CodeOf<RacesBeforeTheEnd>(3));
  const auto found = model::ExploreByRevisits(machine, model::Rc11(), {}, {});
  ASSERT_TRUE(found.violation);
  const std::string token = model::EncodeExecution(found.violation->graph);
  const auto again = model::ReplayExecution(machine, model::Rc11(), token, {});
  ASSERT_TRUE(again.violation) << token;
  EXPECT_EQ(again.violation->kind, found.violation->kind);
}

struct ManyAlternatives {
  void Thread(int) { Rt::check(Rt::choose(32'010) != 32'005, "32005 was chosen"); }
};

TEST(Replay, LargeChoicesComeBack) {
  Machine machine(CodeOf<ManyAlternatives>(1));
  const auto found = model::ExploreByRevisits(machine, model::Sc(), {}, {});
  ASSERT_TRUE(found.violation);
  const std::string token = model::EncodeExecution(found.violation->graph);
  EXPECT_TRUE(model::ReplayExecution(machine, model::Sc(), token, {}).violation) << token;
}

}  // namespace
}  // namespace heddle
