// Counting reader-writer lock, as Linux had on x86: does one counter keep writers out of everybody
// and readers out of writers?
//
//     ReadAcquire                                  WriteAcquire
//     R1 free -= 1 (acquire); not negative: in     W1 free -= kBias (acquire); 0 left: in
//     R2 else free += 1, wait until free > 0,      W2 else free += kBias, wait until free is kBias,
//        again                                        again
//     ReadRelease                                  WriteRelease
//     R3 free += 1 (release)                       W3 free += kBias (release)
//
// `free` starts at kBias, which is more than there can be readers: a writer takes all of it, a
// reader one.  W3 pairs with R1 and W1, R3 with W1.  R2 and W2 need no order, since R1 and W1
// decide; as RMWs they continue the release sequences of R3 and W3.
// Source: Linux's x86 rwlock with RW_LOCK_BIAS, before qrwlock replaced it in 3.16.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/classic/verdicts.h"

namespace heddle {

struct RwSteps {
  std::memory_order read_acquire = std::memory_order_acquire;   ///< R1
  std::memory_order read_release = std::memory_order_release;   ///< R3
  std::memory_order write_acquire = std::memory_order_acquire;  ///< W1
  std::memory_order write_release = std::memory_order_release;  ///< W3
  bool wait_for_readers = true;                                 ///< W1 lets in with all, not any
};

template <Runtime Rt, RwSteps kSteps>
class RwLock {
 public:
  void ReadAcquire() {
    while (free_.fetch_sub(1, kSteps.read_acquire) - 1 < 0) {
      free_.fetch_add(1, kRelaxed);
      free_.await([](int free) { return free > 0; }, kRelaxed, "the writer to leave");
    }
  }
  void ReadRelease() { free_.fetch_add(1, kSteps.read_release); }

  void WriteAcquire() {
    while (!IsMine(free_.fetch_sub(kBias, kSteps.write_acquire))) {
      free_.fetch_add(kBias, kRelaxed);
      free_.await(IsMine, kRelaxed, "everybody to leave");
    }
  }
  void WriteRelease() { free_.fetch_add(kBias, kSteps.write_release); }

 private:
  static constexpr auto kRelaxed = std::memory_order_relaxed;
  static constexpr int kBias = 0x0100'0000;

  static bool IsMine(int free) { return kSteps.wait_for_readers ? free == kBias : free > 0; }

  typename Rt::template Atomic<int> free_{kBias, "free"};
};

/// CPU 0 reads two counters; the others add one to each.
template <Runtime Rt, RwSteps kSteps>
class RwLockProgram {
 public:
  void Thread(int cpu) { cpu == 0 ? Read() : Write(seen_[static_cast<std::size_t>(cpu)]); }
  std::array<Observation, 3> Observed() const { return seen_; }

 private:
  void Read() {
    lock_.ReadAcquire();
    const int first = first_.load(), second = second_.load();
    lock_.ReadRelease();
    Rt::check(first == second, "a reader never sees half of what a writer did");
    Rt::observe(seen_[0], first);
  }
  void Write(Observation& seen) {
    lock_.WriteAcquire();
    const int before = first_.load();
    first_.store(before + 1);
    second_.store(before + 1);
    lock_.WriteRelease();
    Rt::observe(seen, before);
  }

  RwLock<Rt, kSteps> lock_;
  typename Rt::template Plain<int> first_{0, "first"}, second_{0, "second"};
  std::array<Observation, 3> seen_{{{"reader"}, {"writer1"}, {"writer2"}}};
};

struct RwLockScenario {
  static constexpr std::string_view kName = "rwlock";
  static constexpr std::string_view kQuestion =
      "does one counter keep readers from writers, and writers from everybody? (bound: 1 reader, 2 "
      "writers, 1 entry each)";
  static constexpr std::string_view kSource = "Linux's x86 rwlock before 3.16";
  static constexpr int kThreads = 3;
  static constexpr std::array kAlike = {0, 1, 1};
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = RwLockProgram<Rt, RwSteps{}>;

  static std::vector<Expect> Expected() {
    using enum Grade;
    std::vector<Expect> table;
    for (int reader = 0; reader <= 2; ++reader)
      for (int writer1 = 0; writer1 <= 1; ++writer1)
        table.push_back({{reader, writer1, 1 - writer1},
                         kAllowed,
                         kAllowed,
                         kAllowed,
                         "one writer after the other, the reader before, between or after"});
    return table;
  }

  struct RelaxedReadAcquire {
    static constexpr std::string_view kName = "relaxed-read-acquire";
    static constexpr std::string_view kWhat = "R1 is relaxed";
    template <Runtime Rt>
    using Program = RwLockProgram<Rt, RwSteps{.read_acquire = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "the reader need not see what the writer did");
    }
  };
  struct RelaxedReadRelease {
    static constexpr std::string_view kName = "relaxed-read-release";
    static constexpr std::string_view kWhat = "R3 is relaxed";
    template <Runtime Rt>
    using Program = RwLockProgram<Rt, RwSteps{.read_release = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "the reader may still read when a writer comes in");
    }
  };
  struct RelaxedWriteAcquire {
    static constexpr std::string_view kName = "relaxed-write-acquire";
    static constexpr std::string_view kWhat = "W1 is relaxed";
    template <Runtime Rt>
    using Program = RwLockProgram<Rt, RwSteps{.write_acquire = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "a relaxed RMW acquires nothing");
    }
  };
  struct RelaxedWriteRelease {
    static constexpr std::string_view kName = "relaxed-write-release";
    static constexpr std::string_view kWhat = "W3 is relaxed";
    static constexpr std::string_view kSource = "Rust's spin before 0.5.2, RUSTSEC-2019-0013";
    template <Runtime Rt>
    using Program = RwLockProgram<Rt, RwSteps{.write_release = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "a relaxed RMW releases nothing");
    }
  };
  struct IgnoresReaders {
    static constexpr std::string_view kName = "ignores-readers";
    static constexpr std::string_view kWhat = "W1 and W2 wait for writers only";
    template <Runtime Rt>
    using Program = RwLockProgram<Rt, RwSteps{.wait_for_readers = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"data race", "a writer comes in while the reader is inside"};
    }
  };
  using Mutants = TypeList<RelaxedReadAcquire, RelaxedReadRelease, RelaxedWriteAcquire,
                           RelaxedWriteRelease, IgnoresReaders>;
};

}  // namespace heddle
