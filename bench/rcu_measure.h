// What do a reader and an updater of some RCU cost?  The loops that are timed, for each of them.
//
// A Flavour is default-constructible and has
//   class Reader       made and destroyed by the reading thread: Reader(Flavour&, int number),
//                      Section() (lock and unlock), Quiescent() (between sections, now and then)
//   void Synchronize() by the updater
#pragma once

#include <sched.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <thread>
#include <vector>

namespace heddle::bench {

struct RcuCost {
  double section_ns = 0;  ///< CPU time of a lock and unlock, of the reader that took longest
  double updates_per_s = 0;
};

/// Sections between two Quiescent(), of each flavour: as liburcu's own tests have it.
inline constexpr int kSectionsPerBatch = 1024;

/// What stands in a critical section: nothing, but something that the compiler has to respect.
[[gnu::always_inline]] inline void Opaque() { asm volatile("" : : : "memory"); }

template <typename Reader>
[[gnu::noinline]] void RunSections(Reader& reader) {
  for (int i = 0; i < kSectionsPerBatch; ++i) {
    reader.Section();
    Opaque();  // an empty loop is one, too
  }
}

inline double ThreadNanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

/// On a CPU of its own until destruction, if there is one for each of `threads`: else a scheduler
/// may put a reader and an updater that polls on one CPU for all of a short run.
class OnCpu {
 public:
  OnCpu(int number, int threads) {
    CPU_ZERO(&before_);
    if (sched_getaffinity(0, sizeof before_, &before_) != 0) return;
    static const cpu_set_t all = before_;
    if (CPU_COUNT(&all) < threads) return;
    std::size_t cpu = 0;
    for (int left = number; !CPU_ISSET(cpu, &all) || left-- > 0;) ++cpu;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
  }
  ~OnCpu() {
    if (CPU_COUNT(&before_) > 0) sched_setaffinity(0, sizeof before_, &before_);
  }
  OnCpu(const OnCpu&) = delete;
  OnCpu& operator=(const OnCpu&) = delete;

 private:
  cpu_set_t before_;
};

/// Runs so many readers for a while, with or without an updater beside them.
template <typename Flavour>
RcuCost MeasureRcu(int readers, bool update, std::chrono::milliseconds time) {
  Flavour flavour;
  std::atomic<int> ready{0};
  std::atomic<bool> stop{false};
  std::vector<double> section_ns(static_cast<std::size_t>(readers));
  std::vector<std::thread> threads;
  for (int number = 0; number < readers; ++number) {
    threads.emplace_back([&, number] {
      const OnCpu on(number, readers + 1);
      typename Flavour::Reader reader(flavour, number);
      ready.fetch_add(1);
      std::uint64_t batches = 0;
      const double from = ThreadNanoseconds();
      do {
        RunSections(reader);
        reader.Quiescent();
        ++batches;
      } while (!stop.load(std::memory_order_relaxed));
      section_ns[static_cast<std::size_t>(number)] =
          (ThreadNanoseconds() - from) / (static_cast<double>(batches) * kSectionsPerBatch);
    });
  }
  while (ready.load() < readers) std::this_thread::yield();
  const OnCpu on(readers, readers + 1);

  using Clock = std::chrono::steady_clock;
  const auto from = Clock::now();
  std::uint64_t updates = 0;
  if (update) {
    for (; Clock::now() - from < time; ++updates) flavour.Synchronize();
  } else {
    std::this_thread::sleep_for(time);
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - from).count();
  stop.store(true);
  for (std::thread& t : threads) t.join();

  RcuCost cost;
  for (const double ns : section_ns) cost.section_ns = cost.section_ns < ns ? ns : cost.section_ns;
  cost.updates_per_s = static_cast<double>(updates) / seconds;
  return cost;
}

using RcuMeasure = RcuCost (*)(int readers, bool update, std::chrono::milliseconds time);

/// liburcu's flavours, each in a file of its own, as its headers demand; null: built without.
RcuMeasure UrcuMb();
RcuMeasure UrcuMemb();
RcuMeasure UrcuBp();
RcuMeasure UrcuQsbr();

}  // namespace heddle::bench
