// What program asks whether a reader spans a grace period?
//
//     Updater, for each version            Reader, again and again
//     write the fresh object               lock
//     publish it                           i = published
//     Synchronize                          read object i
//     overwrite the old object             unlock
//                                          be quiescent, in its CPU's way
//
// There are some objects, in turns fresh and old, of plain data.  A reader that spans a grace
// period, or that finds the old object after it, races with the overwriting or reads what is no
// value.
//
// The scenarios of it: rcu_reports.h, rcu_idle.h, rcu_handler.h and rcu_interrupts.h.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "rcu/rcu.h"
#include "runtime/kernel.h"
#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"

namespace heddle {

/// How a reader's CPU is quiescent.
enum class RcuUse {
  kReports,  ///< by reports
  kIdles,    ///< goes idle after a reader, and comes back for the next one
  kUser,     ///< likewise, to user mode
  kHandler,  ///< is idle all the time: its readers are in handlers, around the timer's
  /// goes idle as above; and anywhere, idle or not, interrupts come that read and tick
  kInterrupted,
};

struct RcuProgramSteps {
  RcuSteps rcu{};
  bool publish_first = true;   ///< published before Synchronize
  bool release_fresh = true;   ///< publishing is a release
  bool report_outside = true;  ///< quiescent states are reported outside of readers
  bool come_back = true;       ///< who is away comes back, or enters a handler, before it reads
  bool enter_tick = true;      ///< the timer's handler enters, even if RCU watches already
};

/// `kNmis`: NMIs that interrupt each CPU that is kInterrupted, beside one IRQ.
template <Runtime Rt, RcuUse kFirst, RcuUse kSecond, int kPeriods, int kReads,
          RcuProgramSteps kSteps = RcuProgramSteps{}, int kNmis = 0>
class RcuProgram {
 public:
  void Thread(int cpu) {
    if (cpu == 0) return Update();
    cpu == 1 ? Read<kFirst>(cpu) : Read<kSecond>(cpu);
  }
  std::array<Observation, 2> Observed() const { return seen_; }

 private:
  static constexpr int kOverwritten = 0;
  static constexpr int kObjects = 8;  // natively, overwritten ones stay so for as many rounds

  void Update() {
    for (int n = 1; Rt::again(n - 1, kPeriods); ++n) {
      const int old = (n - 1) % kObjects, fresh = n % kObjects;
      object(fresh).store(1 + n % 2);
      if constexpr (!kSteps.publish_first) rcu_.Synchronize(0);
      published_.store(
          fresh, kSteps.release_fresh ? std::memory_order_release : std::memory_order_relaxed);
      if constexpr (kSteps.publish_first) rcu_.Synchronize(0);
      object(old).store(kOverwritten);
      Rt::linger();
    }
    kernel::smp_store_release(done_, 1);
  }

  template <RcuUse kUse>
  void Read(int cpu) {
    if constexpr (kUse == RcuUse::kInterrupted) {
      Rt::set_interrupt_handler(Interrupt::kIrq, 1, [this, cpu] { Handle(cpu); });
      Rt::set_interrupt_handler(Interrupt::kNmi, kNmis, [this, cpu] { Handle(cpu); });
    }
    if constexpr (kUse == RcuUse::kReports) {
      for (int i = 0; Rt::again(i, kReads); ++i) {
        Section(cpu, [&] {
          if constexpr (!kSteps.report_outside) rcu_.QuiescentState(cpu);
        });
        rcu_.QuiescentState(cpu);
      }
      ReportUntilDone(cpu);
    } else if constexpr (kUse == RcuUse::kHandler) {
      rcu_.Leave(cpu, Context::kIdle);
      for (int i = 0; Rt::again(i, kReads); ++i) {
        if constexpr (!kSteps.come_back) {
          Section(cpu, [] {});
        } else {
          rcu_.EnterHandler(cpu);
          Section(cpu, [&] {
            if constexpr (kSteps.enter_tick) rcu_.EnterHandler(cpu);
            rcu_.Tick(cpu);
            if constexpr (kSteps.enter_tick) rcu_.ExitHandler(cpu);
          });
          rcu_.Tick(cpu);
          rcu_.ExitHandler(cpu);
        }
      }
    } else {
      constexpr Context kAway = kUse == RcuUse::kUser ? Context::kUser : Context::kIdle;
      bool away = false;
      for (int i = 0; Rt::again(i, kReads); ++i) {
        if (away && kSteps.come_back) rcu_.Return(cpu);
        Section(cpu, [] {});
        if (!away || kSteps.come_back) rcu_.Leave(cpu, kAway);
        away = true;
        Rt::linger();
      }
      if (!away) rcu_.Leave(cpu, kAway);  // natively, if the run was over at once
    }
  }

  void Handle(int cpu) {
    rcu_.EnterHandler(cpu);
    Section(cpu, [] {});
    rcu_.Tick(cpu);
    rcu_.ExitHandler(cpu);
  }

  template <typename F>
  void Section(int cpu, F amid) {
    rcu_.ReadLock(cpu);
    const int index = kernel::rcu_dereference(published_);
    Rt::linger();
    amid();
    Rt::linger();
    const int value = object(index).load();
    rcu_.ReadUnlock(cpu);
    Rt::check(value != kOverwritten, "a reader reads what the updater has overwritten");
    Rt::observe(seen_[static_cast<std::size_t>(cpu - 1)], value);
  }

  void ReportUntilDone(int cpu) {
    for (;;) {
      bool done = false;
      Rt::spin_until(
          [&] { return rcu_.Owes(cpu) || (done = kernel::smp_load_acquire(done_) == 1); },
          "a grace period to ask for a report, or the updater to be done");
      if (done) return;
      rcu_.QuiescentState(cpu);
    }
  }

  auto& object(int index) { return objects_[static_cast<std::size_t>(index)]; }

  Rcu<Rt, 3, kSteps.rcu> rcu_;
  typename Rt::template Array<typename Rt::template Plain<int>, kObjects> objects_{1, "object"};
  typename Rt::template Atomic<int> published_{0, "published"};
  typename Rt::template Atomic<int> done_{0, "done"};
  std::array<Observation, 2> seen_{{{"CPU 1"}, {"CPU 2"}}};
};

// --- descriptions

struct RcuScenario {
  static constexpr int kThreads = 3;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr bool kIsolated = true;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    std::vector<Expect> rows;
    for (const int cpu : {0, 1})
      for (const int value : {1, 2})
        rows.push_back({{cpu, value}, kOk, kOk, kOk, "a version that was not overwritten"});
    return rows;
  }
};

}  // namespace heddle
