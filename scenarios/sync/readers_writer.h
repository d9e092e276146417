// Readers and a writer: does a reader ever see half of a write?
//
//     writer                     readers (two)
//     R1 lock exclusively        R2 lock shared
//     a = 1, b = 1 (plain)       a, b (plain)
//
// Source: Courtois, Heymans, Parnas, "Concurrent Control with 'Readers' and 'Writers'",
// CACM 14(10), 1971.
#pragma once

#include <array>
#include <mutex>
#include <shared_mutex>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"
#include "runtime/sync/shared_mutex.h"
#include "scenarios/classic/rows.h"

namespace heddle {

template <Runtime Rt, bool kWriterExclusive, bool kReaderLocks>
class ReadersWriterProgram {
 public:
  void Thread(int cpu) { cpu == 0 ? Write() : Read(seen_[static_cast<std::size_t>(cpu - 1)]); }
  std::array<Observation, 2> Observed() const { return seen_; }

 private:
  void Write() {
    if (kWriterExclusive) {
      const std::unique_lock lock(mutex_);
      WriteBoth();
    } else {
      const std::shared_lock lock(mutex_);
      WriteBoth();
    }
  }
  void WriteBoth() {
    a_.store(1);
    b_.store(1);
  }
  void Read(Observation& seen) {
    std::shared_lock lock(mutex_, std::defer_lock);
    if (kReaderLocks) lock.lock();
    Rt::observe(seen, 10 * a_.load() + b_.load());
  }

  sync::SharedMutex<Rt> mutex_{"mutex"};
  typename Rt::template Plain<int> a_{0, "a"}, b_{0, "b"};
  std::array<Observation, 2> seen_{{{"first reader"}, {"second reader"}}};
};

struct ReadersWriter {
  static constexpr std::string_view kName = "readers_writer";
  static constexpr std::string_view kQuestion = "does a reader ever see half of a write?";
  static constexpr std::string_view kSource = "Courtois, Heymans, Parnas, CACM 14(10), 1971";
  static constexpr int kThreads = 3;
  static constexpr std::array kAlike = {0, 1, 1};
  static constexpr bool kIsolated = true;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = ReadersWriterProgram<Rt, true, true>;
  static std::vector<Expect> Expected() {
    return {classic::Always({0, 0}, "both came before the writer"),
            classic::Always({0, 11}, "the writer came between them"),
            classic::Always({11, 0}, "the writer came between them"),
            classic::Always({11, 11}, "both came after the writer")};
  }

  struct WriterShares {
    static constexpr std::string_view kName = "writer-shares";
    static constexpr std::string_view kWhat = "R1 locks shared";
    template <Runtime Rt>
    using Program = ReadersWriterProgram<Rt, false, true>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"data race", "a reader is in with the writer"};
    }
  };
  struct ReaderDoesNotLock {
    static constexpr std::string_view kName = "reader-does-not-lock";
    static constexpr std::string_view kWhat = "R2 dropped";
    template <Runtime Rt>
    using Program = ReadersWriterProgram<Rt, true, false>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"data race", "a reader is in with the writer"};
    }
  };
  using Mutants = TypeList<WriterShares, ReaderDoesNotLock>;
};

}  // namespace heddle
