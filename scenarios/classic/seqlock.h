// Seqlock: does a reader that saw the same even number before and after have a whole snapshot?
//
//     Write                                   Read
//     Q1 sequence odd                         Q5 s = sequence (acquire)
//     Q2 release fence                        Q6 read the data (relaxed)
//     Q3 write the data (relaxed)             Q7 acquire fence
//     Q4 sequence even again (release)        Q8 the snapshot is good if s is even and still there
//
// Q4 pairs with Q5: the data are at least as new as s.  Q2 pairs with Q7: whoever read something
// that Q3 wrote sees Q1 in Q8.  The data must be atomic, since a reader may read them while they
// are written, even if it throws them away.
// Source: Boehm, "Can Seqlocks Get Along with Programming Language Memory Models?", MSPC 2012.
#pragma once

#include <array>
#include <atomic>
#include <string_view>
#include <type_traits>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/classic/verdicts.h"

namespace heddle {

struct SeqlockSteps {
  bool odd_first = true;                                  ///< Q1
  bool writer_fence = true;                               ///< Q2
  bool atomic_data = true;                                ///< Q3, Q6
  std::memory_order end = std::memory_order_release;      ///< Q4
  std::memory_order begin = std::memory_order_acquire;    ///< Q5
  bool reader_fence = true;                               ///< Q7
  std::memory_order recheck = std::memory_order_relaxed;  ///< Q8
  bool check_even = true;                                 ///< Q8
};

/// One writer at a time, any number of readers.
template <Runtime Rt, SeqlockSteps kSteps>
class Seqlock {
 public:
  struct Snapshot {
    bool good;
    int first, second;
  };

  void Write(int value) {
    const int s = sequence_.load(kRelaxed);  // only writers write it
    if constexpr (kSteps.odd_first) sequence_.store(s + 1, kRelaxed);
    if constexpr (kSteps.writer_fence) Rt::fence(std::memory_order_release);
    Put(first_, value);
    Put(second_, value);
    sequence_.store(s + 2, kSteps.end);
  }

  /// One attempt; a caller that gets a bad snapshot tries again.
  Snapshot TryRead() {
    const int s = sequence_.load(kSteps.begin);
    const int first = Get(first_), second = Get(second_);
    if constexpr (kSteps.reader_fence) Rt::fence(std::memory_order_acquire);
    const bool same = sequence_.load(kSteps.recheck) == s;
    return {same && (!kSteps.check_even || s % 2 == 0), first, second};
  }

 private:
  static constexpr auto kRelaxed = std::memory_order_relaxed;
  using Datum = std::conditional_t<kSteps.atomic_data, typename Rt::template Atomic<int>,
                                   typename Rt::template Plain<int>>;

  static void Put(Datum& datum, int value) {
    if constexpr (kSteps.atomic_data)
      datum.store(value, kRelaxed);
    else
      datum.store(value);
  }
  static int Get(const Datum& datum) {
    if constexpr (kSteps.atomic_data)
      return datum.load(kRelaxed);
    else
      return datum.load();
  }

  typename Rt::template Atomic<int> sequence_{0, "sequence"};
  Datum first_{0, "first"}, second_{0, "second"};
};

/// CPU 0 writes (1, 1), then (2, 2); the others try to read once each.
template <Runtime Rt, SeqlockSteps kSteps>
class SeqlockProgram {
 public:
  void Thread(int cpu) {
    if (cpu == 0) {
      lock_.Write(1);
      lock_.Write(2);
      return;
    }
    const auto [good, first, second] = lock_.TryRead();
    if (!good) return;
    Rt::observe(first_, first);
    Rt::observe(second_, second);
  }
  std::array<Observation, 2> Observed() const { return {first_, second_}; }

 private:
  Seqlock<Rt, kSteps> lock_;
  Observation first_{"first", -1}, second_{"second", -1};
};

struct SeqlockScenario {
  static constexpr std::string_view kName = "seqlock";
  static constexpr std::string_view kQuestion =
      "does a reader that saw the same even number before and after have a whole snapshot? (bound: "
      "2 writes, 1 attempt)";
  static constexpr std::string_view kSource = "Boehm, MSPC 2012";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = SeqlockProgram<Rt, SeqlockSteps{}>;

  static std::vector<Expect> Expected() {
    using enum Grade;
    std::vector<Expect> table = {
        {{-1, -1}, kAllowed, kAllowed, kAllowed, "the writer came in between: try again"},
        {{0, 0}, kAllowed, kAllowed, kAllowed, "before both writes"},
        {{1, 1}, kAllowed, kAllowed, kAllowed, "between the writes"},
        {{2, 2}, kAllowed, kAllowed, kAllowed, "after both writes"}};
    for (int first = 0; first <= 2; ++first)
      for (int second = 0; second <= 2; ++second)
        if (first != second)
          table.push_back({{first, second}, kForbidden, kForbidden, kForbidden, "half a snapshot"});
    return table;
  }

  struct NoWriterFence {
    static constexpr std::string_view kName = "no-writer-fence";
    static constexpr std::string_view kWhat = "Q2 dropped";
    static constexpr std::string_view kSource = "Boehm, MSPC 2012";
    template <Runtime Rt>
    using Program = SeqlockProgram<Rt, SeqlockSteps{.writer_fence = false}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "forbidden outcome", "Q3 may be seen before Q1");
    }
  };
  struct NoReaderFence {
    static constexpr std::string_view kName = "no-reader-fence";
    static constexpr std::string_view kWhat = "Q7 dropped, Q8 loads with acquire";
    static constexpr std::string_view kSource = "Boehm, MSPC 2012";
    template <Runtime Rt>
    using Program = SeqlockProgram<Rt, SeqlockSteps{.reader_fence = false,
                                                    .recheck = std::memory_order_acquire}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "forbidden outcome",
                           "an acquire load keeps nothing before it: Q6 may come after Q8");
    }
  };
  struct RelaxedBegin {
    static constexpr std::string_view kName = "relaxed-begin";
    static constexpr std::string_view kWhat = "Q5 is relaxed";
    template <Runtime Rt>
    using Program = SeqlockProgram<Rt, SeqlockSteps{.begin = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "forbidden outcome", "Q6 may be older than the number of Q5");
    }
  };
  struct RelaxedEnd {
    static constexpr std::string_view kName = "relaxed-end";
    static constexpr std::string_view kWhat = "Q4 is relaxed";
    template <Runtime Rt>
    using Program = SeqlockProgram<Rt, SeqlockSteps{.end = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "forbidden outcome", "Q4 may be seen before Q3");
    }
  };
  struct NeverOdd {
    static constexpr std::string_view kName = "never-odd";
    static constexpr std::string_view kWhat = "Q1 dropped";
    template <Runtime Rt>
    using Program = SeqlockProgram<Rt, SeqlockSteps{.odd_first = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"forbidden outcome", "nothing tells that a write has begun"};
    }
  };
  struct OddIsGood {
    static constexpr std::string_view kName = "odd-is-good";
    static constexpr std::string_view kWhat = "Q8 does not look whether s is even";
    template <Runtime Rt>
    using Program = SeqlockProgram<Rt, SeqlockSteps{.check_even = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"forbidden outcome", "the whole attempt may fall within one write"};
    }
  };
  struct PlainData {
    static constexpr std::string_view kName = "plain-data";
    static constexpr std::string_view kWhat = "Q3 and Q6 are plain";
    static constexpr std::string_view kWhyNotNatively =
        "what such an attempt has read is thrown away: only the race is wrong";
    static constexpr std::string_view kSource = "Boehm, MSPC 2012";
    template <Runtime Rt>
    using Program = SeqlockProgram<Rt, SeqlockSteps{.atomic_data = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"data race", "an attempt that fails has read while the writer wrote"};
    }
  };
  using Mutants = TypeList<NoWriterFence, NoReaderFence, RelaxedBegin, RelaxedEnd, NeverOdd,
                           OddIsGood, PlainData>;
};

}  // namespace heddle
