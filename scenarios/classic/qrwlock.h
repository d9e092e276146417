// Linux's queued reader-writer lock: do one counter and a queue keep writers out of everybody?
//
// The counter is the number of readers, kWaiting (a writer waits) and kLocked (a writer is inside).
//
//     ReadAcquire                                   WriteAcquire
//     G1 one reader more (acquire); neither         V1 counter 0 -> kLocked (CAS, acquire); in
//        waiting nor locked: in                     V2 take the queue's lock
//     G2 in an interrupt: wait until not            V3 counter 0 -> kLocked (CAS, acquire); V6
//        locked (acquire); in                       V4 set kWaiting
//     G3 one reader less; take the queue's lock     V5 wait until the counter is kWaiting;
//     G4 one reader more; wait until not               -> kLocked (CAS, acquire), or V5 again
//        locked (acquire)                           V6 leave the queue's lock
//     G5 leave the queue's lock
//     ReadRelease                                   WriteRelease
//     G6 one reader less (release)                  V7 clear kLocked (release)
//
// Who is inside has the queue's lock no more, but only who has it may come from the queue.  G6 and
// V7 pair with V1, V3 and V5, V7 with G1, G2 and G4; all changes of the counter are RMWs, so they
// continue each other's release sequences.  An interrupt must not queue: the CPU it has stopped may
// be the holder of the queue's lock.  So G2 lets a reader in and out again between the two halves
// of V5: it is the second half that has to acquire.
// Source: Linux, kernel/locking/qrwlock.c (Waiman Long).  Deviations: V7 clears a byte there, with
// a store, which the model cannot, as the byte is part of the counter; and an interrupt is a CPU of
// its own here, which nothing stops in the queue.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/classic/ticket_lock.h"
#include "scenarios/classic/verdicts.h"

namespace heddle {

struct QrwSteps {
  std::memory_order read = std::memory_order_acquire;            ///< G1
  std::memory_order interrupt_wait = std::memory_order_acquire;  ///< G2
  std::memory_order queued_wait = std::memory_order_acquire;     ///< G4
  std::memory_order read_release = std::memory_order_release;    ///< G6
  bool queue = true;                                             ///< V2 and V6
  std::memory_order wait = std::memory_order_relaxed;            ///< V5's first half
  std::memory_order take = std::memory_order_acquire;            ///< V5's second half
  std::memory_order write_release = std::memory_order_release;   ///< V7
};

template <Runtime Rt, QrwSteps kSteps>
class QrwLock {
 public:
  void ReadAcquire(int cpu, bool in_interrupt) {
    if ((counter_.fetch_add(kReader, kSteps.read) & (kWaiting | kLocked)) == 0) return;
    if (in_interrupt) {
      counter_.await(IsNotLocked, kSteps.interrupt_wait, "the writer to leave");
      return;
    }
    counter_.fetch_sub(kReader, kRelaxed);
    queue_.Acquire(cpu);
    counter_.fetch_add(kReader, kRelaxed);
    counter_.await(IsNotLocked, kSteps.queued_wait, "the writer to leave");
    queue_.Release(cpu);
  }
  void ReadRelease() { counter_.fetch_sub(kReader, kSteps.read_release); }

  void WriteAcquire(int cpu) {
    if (Take(0, std::memory_order_acquire)) return;
    if constexpr (kSteps.queue) queue_.Acquire(cpu);
    if (counter_.load(kRelaxed) != 0 || !Take(0, std::memory_order_acquire)) {
      counter_.fetch_or(kWaiting, kRelaxed);
      do {
        counter_.await([](Word w) { return w == kWaiting; }, kSteps.wait, "everybody to leave");
      } while (!Take(kWaiting, kSteps.take));
    }
    if constexpr (kSteps.queue) queue_.Release(cpu);
  }
  void WriteRelease() { counter_.fetch_sub(kLocked, kSteps.write_release); }

 private:
  using Word = std::uint32_t;
  static constexpr Word kLocked = 0xff, kWaiting = 0x100, kReader = 0x200;
  static constexpr auto kRelaxed = std::memory_order_relaxed;

  static bool IsNotLocked(Word w) { return (w & kLocked) == 0; }
  bool Take(Word from, std::memory_order order) {
    return counter_.compare_exchange_strong(from, kLocked, order, kRelaxed);
  }

  typename Rt::template Atomic<Word> counter_{0, "counter"};
  TicketLock<Rt> queue_;
};

/// CPUs 0 and 1 add one to each of two numbers; CPU 1 has read them before; CPU 2 reads them in an
/// interrupt.
template <Runtime Rt, QrwSteps kSteps>
class QrwLockProgram {
 public:
  void Thread(int cpu) {
    if (cpu == 2) return Read(cpu, true, interrupt_);
    if (cpu == 1) Read(cpu, false, reader_);
    lock_.WriteAcquire(cpu);
    const int before = first_.load();
    first_.store(before + 1);
    second_.store(before + 1);
    lock_.WriteRelease();
    Rt::observe(cpu == 0 ? writer0_ : writer1_, before);
  }
  std::array<Observation, 4> Observed() const { return {interrupt_, reader_, writer0_, writer1_}; }

 private:
  void Read(int cpu, bool in_interrupt, Observation& seen) {
    lock_.ReadAcquire(cpu, in_interrupt);
    const int first = first_.load(), second = second_.load();
    lock_.ReadRelease();
    Rt::check(first == second, "a reader never sees half of what a writer did");
    Rt::observe(seen, first);
  }

  QrwLock<Rt, kSteps> lock_;
  typename Rt::template Plain<int> first_{0, "first"}, second_{0, "second"};
  Observation interrupt_{"interrupt"}, reader_{"reader"}, writer0_{"writer0"}, writer1_{"writer1"};
};

struct QrwLockScenario {
  static constexpr std::string_view kName = "qrwlock";
  static constexpr std::string_view kQuestion =
      "do one counter and a queue keep writers out of everybody? (bound: 2 writers, one of which "
      "reads first, and a reader in an interrupt)";
  static constexpr std::string_view kSource = "Linux, kernel/locking/qrwlock.c";
  static constexpr int kThreads = 3;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = QrwLockProgram<Rt, QrwSteps{}>;

  static std::vector<Expect> Expected() {
    using enum Grade;
    std::vector<Expect> table;
    const auto add = [&](int reader, int writer0, int writer1, const char* why) {
      for (int interrupt = 0; interrupt <= 2; ++interrupt)
        table.push_back({{interrupt, reader, writer0, writer1}, kAllowed, kAllowed, kAllowed, why});
    };
    add(0, 1, 0, "CPU 1 read and wrote, then CPU 0 wrote");
    add(0, 0, 1, "CPU 1 read, CPU 0 wrote, CPU 1 wrote");
    add(1, 0, 1, "CPU 0 wrote, then CPU 1 read and wrote");
    return table;
  }

  struct AcquireWait {
    static constexpr std::string_view kName = "acquire-wait";
    static constexpr std::string_view kWhat = "V5 waits with acquire, and takes the lock relaxed";
    static constexpr std::string_view kSource =
        "Linux from commit b519b56e378e to 84a23f9db1cf, 2017 to 2021";
    template <Runtime Rt>
    using Program = QrwLockProgram<Rt, QrwSteps{.wait = std::memory_order_acquire,
                                                .take = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race",
                           "a reader in an interrupt comes and goes between the two halves of V5");
    }
  };
  struct RelaxedRead {
    static constexpr std::string_view kName = "relaxed-read";
    static constexpr std::string_view kWhat = "G1 is relaxed";
    template <Runtime Rt>
    using Program = QrwLockProgram<Rt, QrwSteps{.read = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "a relaxed RMW acquires nothing");
    }
  };
  struct RelaxedInterruptWait {
    static constexpr std::string_view kName = "relaxed-interrupt-wait";
    static constexpr std::string_view kWhat = "G2 waits relaxed";
    template <Runtime Rt>
    using Program = QrwLockProgram<Rt, QrwSteps{.interrupt_wait = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "a relaxed load acquires nothing");
    }
  };
  struct RelaxedQueuedWait {
    static constexpr std::string_view kName = "relaxed-queued-wait";
    static constexpr std::string_view kWhat = "G4 waits relaxed";
    template <Runtime Rt>
    using Program = QrwLockProgram<Rt, QrwSteps{.queued_wait = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race",
                           "the writer before has left the queue's lock before it wrote");
    }
  };
  struct RelaxedReadRelease {
    static constexpr std::string_view kName = "relaxed-read-release";
    static constexpr std::string_view kWhat = "G6 is relaxed";
    template <Runtime Rt>
    using Program = QrwLockProgram<Rt, QrwSteps{.read_release = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "the reader may still read when a writer comes in");
    }
  };
  struct RelaxedWriteRelease {
    static constexpr std::string_view kName = "relaxed-write-release";
    static constexpr std::string_view kWhat = "V7 is relaxed";
    template <Runtime Rt>
    using Program = QrwLockProgram<Rt, QrwSteps{.write_release = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "a relaxed RMW releases nothing");
    }
  };
  struct NoQueue {
    static constexpr std::string_view kName = "no-queue";
    static constexpr std::string_view kWhat = "V2 and V6 dropped";
    template <Runtime Rt>
    using Program = QrwLockProgram<Rt, QrwSteps{.queue = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"deadlock", "two writers wait in V5, and one's success clears what both wait for"};
    }
  };
  using Mutants = TypeList<AcquireWait, RelaxedRead, RelaxedInterruptWait, RelaxedQueuedWait,
                           RelaxedReadRelease, RelaxedWriteRelease, NoQueue>;
};

}  // namespace heddle
