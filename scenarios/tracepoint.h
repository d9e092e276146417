// Tracepoints: is each callback called with its own data only, while probes come and go?
//
// The program is tracepoint_probes.h's; the site's call is a variable.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"
#include "scenarios/tracepoint_probes.h"

namespace heddle {

struct TracepointScenario {
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr bool kIsolated = true;
  static constexpr std::string_view kSource = "Linux, kernel/tracepoint.c";

  /// Which callbacks a hit calls, in order, as digits.
  static std::vector<Expect> Calls(const std::vector<std::int64_t>& calls) {
    std::vector<Expect> rows;
    for (const auto called : calls)
      rows.push_back(classic::Always({0, called}, "as registered at some time"));
    return rows;
  }
  static std::vector<Expect> CallsAlsoInIdleCode(const std::vector<std::int64_t>& calls,
                                                 const std::vector<std::int64_t>& in_idle_code) {
    std::vector<Expect> rows = Calls(calls);
    for (const auto called : in_idle_code)
      rows.push_back(classic::Always({1, called}, "the same, in idle code"));
    return rows;
  }
  using Change = TracepointChange;
  template <TracepointScript kScript>
  struct Running {
    template <TracepointSteps kSteps = TracepointSteps{}>
    struct With {
      template <Runtime Rt>
      using Program = TracepointProbesProgram<Rt, VariableSite<Rt>, kScript, kSteps.WithMemory()>;
    };
  };

  static Verdict Mismatch(std::string why) {
    return classic::Everywhere("check failed", std::move(why));
  }
  static Verdict Freed(std::string why) {
    return classic::Everywhere("use after free", std::move(why));
  }
  static Verdict RelaxedArray(std::string_view model) {
    return classic::OnlyRc11(model, "data race", "the array may be found before its content");
  }
};

/// Natively all probes go between two rounds: the table would need what is called meanwhile.
struct TracepointScenarioOnce : TracepointScenario {
  static constexpr bool kModelOnly = true;
};

struct Tracepoint101 : TracepointScenario {
  static constexpr std::string_view kName = "tracepoint_101";
  static constexpr std::string_view kQuestion =
      "is a callback called with its own data only, if its tracepoint's one probe gives way to "
      "another? (bound: 1 -> 0 -> 1 probe, 3 hits)";
  static constexpr TracepointScript kScript{
      .probes = 1, .steps = {{{Change::kRemove, 1}, {Change::kAdd, 2}}}, .hits = 3};
  static constexpr TracepointScript kImpatient{.probes = 1,
                                               .steps = {{{Change::kRemove, 1}, {Change::kAdd, 2}}},
                                               .hits = 3,
                                               .synchronize = false};
  template <TracepointSteps kSteps>
  using Dropping = Running<kScript>::With<kSteps>;
  template <Runtime Rt>
  using Program = Running<kScript>::With<>::Program<Rt>;
  static std::vector<Expect> Expected() { return Calls({1, 2, 0}); }

  struct NoWait : Dropping<TracepointSteps{.wait_at_0 = false}> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "W1 dropped";
    static constexpr std::string_view kSource = "Linux before commit 231264d6927f, 2021";
    static constexpr int kMuseum = 11;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Mismatch("a reader that has the old probe's data calls the new function");
    }
  };
  struct TargetLast : Dropping<TracepointSteps{.target_first = false}> {
    static constexpr std::string_view kName = "target-last";
    static constexpr std::string_view kWhat = "T1 after P";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"", "T4 has made the iterator the target, which may have any data"};
    }
  };
  struct NoIterator : Dropping<TracepointSteps{.iterator_at_0 = false}> {
    static constexpr std::string_view kName = "no-iterator";
    static constexpr std::string_view kWhat = "T4 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"", "without an array nothing is called, and T1 comes before the next one"};
    }
  };
  struct NoIteratorTargetLast
      : Dropping<TracepointSteps{.target_first = false, .iterator_at_0 = false}> {
    static constexpr std::string_view kName = "no-iterator-target-last";
    static constexpr std::string_view kWhat = "T4 dropped, and T1 after P";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Mismatch("a reader finds the new data while the old function is the target");
    }
  };
  struct RelaxedReader : Dropping<TracepointSteps{.acquire_array = false}> {
    static constexpr std::string_view kName = "relaxed-reader";
    static constexpr std::string_view kWhat = "H1 is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) { return RelaxedArray(model); }
  };
  struct FreedArray : Dropping<TracepointSteps{.keep_arrays = false}> {
    static constexpr std::string_view kName = "array-freed-at-once";
    static constexpr std::string_view kWhat = "an old array is freed without a grace period";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Freed("a reader is still at it");
    }
  };
  struct NoSynchronize : Running<kImpatient>::With<TracepointSteps{.wait_at_0 = false}> {
    static constexpr std::string_view kName = "data-freed-at-once";
    static constexpr std::string_view kWhat = "data is freed without Synchronize (nor W1)";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Freed("a callback is about to read it");
    }
  };
  using Mutants = TypeList<NoWait, TargetLast, NoIterator, NoIteratorTargetLast, RelaxedReader,
                           FreedArray, NoSynchronize>;
};

struct Tracepoint121 : TracepointScenarioOnce {
  static constexpr std::string_view kName = "tracepoint_121";
  static constexpr std::string_view kQuestion =
      "… if another one comes before it, and it goes? (bound: 1 -> 2 -> 1 probes, 3 hits)";
  static constexpr TracepointScript kScript{
      .probes = 1, .steps = {{{Change::kAddFirst, 2}, {Change::kRemove, 1}}}, .hits = 3};
  template <TracepointSteps kSteps>
  using Dropping = Running<kScript>::With<kSteps>;
  template <Runtime Rt>
  using Program = Running<kScript>::With<>::Program<Rt>;
  static std::vector<Expect> Expected() { return Calls({1, 21, 2}); }

  struct IteratorLast : Dropping<TracepointSteps{.iterator_first = false}> {
    static constexpr std::string_view kName = "iterator-last";
    static constexpr std::string_view kWhat = "T2 after P";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Mismatch("a reader calls the old function with the data of the new array's first");
    }
  };
  struct NoWait : Dropping<TracepointSteps{.wait_at_2 = false}> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "W2 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Mismatch("a reader has the data from before 1 -> 2, and calls what remains");
    }
  };
  struct NotedAt2 : Dropping<TracepointSteps{.note_at_n = false}> {
    static constexpr std::string_view kName = "noted-at-2-only";
    static constexpr std::string_view kWhat = "S only at 2 -> 1, where the first does not change";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Mismatch("a reader has the data from before 1 -> 2, and calls what remains");
    }
  };
  struct PassedData : Dropping<TracepointSteps{.own_data = false}> {
    static constexpr std::string_view kName = "passed-data";
    static constexpr std::string_view kWhat = "the iterator calls each with the data it got";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Mismatch("that is the first's");
    }
  };
  struct Relaxed : Dropping<TracepointSteps{.release_array = false}> {
    static constexpr std::string_view kName = "relaxed-publication";
    static constexpr std::string_view kWhat = "P is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) { return RelaxedArray(model); }
  };
  using Mutants = TypeList<IteratorLast, NoWait, NotedAt2, PassedData, Relaxed>;
};

struct Tracepoint21 : TracepointScenarioOnce {
  static constexpr std::string_view kName = "tracepoint_21";
  static constexpr std::string_view kQuestion =
      "… if the first of two goes, then the other one? (bound: 2 -> 1 -> 0 probes, 3 hits)";
  static constexpr TracepointScript kScript{
      .probes = 2, .steps = {{{Change::kRemove, 1}, {Change::kRemove, 2}}}, .hits = 3};
  template <TracepointSteps kSteps>
  using Dropping = Running<kScript>::With<kSteps>;
  template <Runtime Rt>
  using Program = Running<kScript>::With<>::Program<Rt>;
  static std::vector<Expect> Expected() { return Calls({12, 2, 0}); }

  struct NoWait : Dropping<TracepointSteps{.wait_at_2 = false}> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "W2 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Mismatch("a reader has the first's data, and calls what remains");
    }
  };
  struct PublishLast : Dropping<TracepointSteps{.publish_first = false}> {
    static constexpr std::string_view kName = "published-last";
    static constexpr std::string_view kWhat = "P after W2";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Mismatch("a reader that comes after W2 gets the first's data");
    }
  };
  using Mutants = TypeList<NoWait, PublishLast>;
};

struct Tracepoint321 : TracepointScenarioOnce {
  static constexpr std::string_view kName = "tracepoint_321";
  static constexpr std::string_view kQuestion =
      "… if the first of three goes, then the last? (bound: 3 -> 2 -> 1 probes, 3 hits)";
  static constexpr TracepointScript kScript{
      .probes = 3, .steps = {{{Change::kRemove, 1}, {Change::kRemove, 3}}}, .hits = 3};
  template <TracepointSteps kSteps>
  using Dropping = Running<kScript>::With<kSteps>;
  template <Runtime Rt>
  using Program = Running<kScript>::With<>::Program<Rt>;
  static std::vector<Expect> Expected() { return Calls({123, 23, 2}); }

  struct NotedAt2 : Dropping<TracepointSteps{.note_at_n = false}> {
    static constexpr std::string_view kName = "noted-at-2-only";
    static constexpr std::string_view kWhat = "S only at 2 -> 1, where the first does not change";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Mismatch("a reader has the first array's data, and calls what remains");
    }
  };
  using Mutants = TypeList<NotedAt2>;
};

struct TracepointUpAndDown : TracepointScenario {
  static constexpr std::string_view kName = "tracepoint_01210";
  static constexpr std::string_view kQuestion =
      "… all the way? (bound: 0 -> 1 -> 2 -> 1 -> 0 probes, 3 hits)";
  static constexpr TracepointScript kScript{.steps = {{{Change::kAdd, 1},
                                                       {Change::kAddFirst, 2},
                                                       {Change::kRemove, 1},
                                                       {Change::kRemove, 2}}},
                                            .hits = 3};
  template <Runtime Rt>
  using Program = Running<kScript>::With<>::Program<Rt>;
  static std::vector<Expect> Expected() { return Calls({0, 1, 21, 2}); }
  using Mutants = TypeList<>;
};

struct TracepointStub : TracepointScenarioOnce {
  static constexpr std::string_view kName = "tracepoint_stub";
  static constexpr std::string_view kQuestion =
      "… if there is no memory for the array without it? (bound: 2 -> 1 -> 0 probes, 3 hits, each "
      "allocation fails or not)";
  template <TracepointSteps kSteps = TracepointSteps{}>
  struct Dropping {
    template <Runtime Rt>
    using Program = TracepointProbesProgram<Rt, VariableSite<Rt>, Tracepoint21::kScript,
                                            kSteps.WithMemory(/*unregister=*/false)>;
  };
  template <Runtime Rt>
  using Program = Dropping<>::Program<Rt>;
  static std::vector<Expect> Expected() { return Calls({12, 2, 0}); }

  struct NoStub : Dropping<TracepointSteps{.stub = false}> {
    static constexpr std::string_view kName = "no-stub";
    static constexpr std::string_view kWhat = "without memory nothing is unregistered";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Freed("the callback goes on reading its data");
    }
  };
  using Mutants = TypeList<NoStub>;
};

}  // namespace heddle
