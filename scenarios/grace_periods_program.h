// What program asks whether a grace period that another CPU drives is late enough?
//
//     Two updaters, each for its object       Reader, again and again
//     unpublish it                            lock
//     wait for a grace period, in its way     for each object: if it is published, read it
//     overwrite it                            unlock
//                                             be idle
//
// Who polls a cookie says before that its CPU is quiescent: else no grace period of RCU could have
// ended.
//
// The reader is CPU 0, at which every grace period looks first: the others may do much between that
// and its end.
//
// A reader that spans an updater's grace period races with its overwriting, or reads what is no
// value.  The scenarios of it: grace_periods.h.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "rcu/grace_periods.h"
#include "rcu/rcu.h"
#include "rcu/rcu_preempt.h"
#include "rcu/rcu_tasks_rude.h"
#include "rcu/srcu.h"
#include "runtime/kernel.h"
#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"

namespace heddle {

/// What a program needs of RCU for `kCpus` CPUs that go idle when their thread ends.
template <Runtime Rt, int kCpus, RcuSteps kSteps = RcuSteps{}>
struct RcuDomain {
  Rcu<Rt, kCpus, kSteps> domain;

  template <typename F>
  void Section(int cpu, F body) {
    domain.ReadLock(cpu);
    body();
    domain.ReadUnlock(cpu);
  }
  void Begin(int) {}
  void Quiesce(int cpu) { domain.QuiescentState(cpu); }
  void Rest(int cpu) {
    Idle(cpu, [] {});
  }
  template <typename F>
  void Idle(int cpu, F wait) {
    domain.Idle(cpu, wait);
  }
  void End(int cpu) { domain.Leave(cpu, Context::kIdle); }
};

template <Runtime Rt, int kCpus, SrcuSteps kSteps = SrcuSteps{}>
struct SrcuDomain {
  Srcu<Rt, kCpus, kSteps> domain{"domain"};

  template <typename F>
  void Section(int cpu, F body) {
    const int i = domain.ReadLock(cpu);
    body();
    domain.ReadUnlock(cpu, i);
  }
  void Begin(int) {}
  void Quiesce(int) {}
  void Rest(int) {}
  template <typename F>
  void Idle(int, F wait) {
    wait();
  }
  void End(int) {}
};

/// The reader is a task; updaters are none.  It is not preempted, and ticks come between readers.
template <Runtime Rt, RcuPreemptSteps kSteps = RcuPreemptSteps{}>
struct RcuPreemptDomain {
  struct Flavour : RcuPreempt<Rt, 1, 1, kSteps> {
    void Synchronize(int, SourceLocation) { RcuPreempt<Rt, 1, 1, kSteps>::Synchronize(); }
    bool MayWait(int, SourceLocation) { return true; }
  };
  Flavour domain;

  template <typename F>
  void Section(int, F body) {
    domain.ReadLock(0);
    body();
    domain.ReadUnlock(0);
  }
  void Begin(int cpu) {
    if (cpu == 0) domain.Start(0, 0);
  }
  void Quiesce(int) {}
  void Rest(int) { domain.Tick(0); }
  template <typename F>
  void Idle(int, F wait) {
    wait();
  }
  void End(int cpu) {
    if (cpu == 0) domain.End(0);
  }
};

/// The reader's CPU switches between readers, and then until the updaters are done, which have
/// none.
template <Runtime Rt, RcuTasksRudeSteps kSteps = RcuTasksRudeSteps{}>
struct RcuTasksRudeDomain {
  struct Flavour : RcuTasksRude<Rt, 1, kSteps> {
    bool MayWait(int, SourceLocation) { return true; }
  };
  Flavour domain;
  typename Rt::template Atomic<int> updaters{2, "updaters"};

  template <typename F>
  void Section(int cpu, F body) {
    domain.PreemptionOff(cpu);
    body();
    domain.PreemptionOn(cpu);
  }
  void Begin(int) {}
  void Quiesce(int) {}
  void Rest(int cpu) { domain.Switch(cpu); }
  template <typename F>
  void Idle(int, F wait) {
    wait();
  }
  void End(int cpu) {
    if (cpu != 0) {
      updaters.fetch_sub(1, std::memory_order_release);
      return;
    }
    for (bool last = false; !last; domain.Switch(cpu))
      Rt::spin_until(
          [&] { return domain.Owes(cpu) || (last = kernel::smp_load_acquire(updaters) == 0); },
          "a switch that is asked for, or the last updater to be done");
  }
};

/// How an updater waits.
enum class WaitBy { kSynchronize, kCookie };

struct GracePeriodsBounds {
  WaitBy first = WaitBy::kSynchronize, second = WaitBy::kSynchronize;
  int sections = 2;  ///< of the reader
};

template <Runtime Rt, typename Domain, GracePeriodsBounds kBounds, GracePeriodSteps kSteps>
class GracePeriodsProgram {
 public:
  void Thread(int cpu) {
    domain_.Begin(cpu);
    if (cpu == 0) {
      for (int i = 0; i < kBounds.sections; ++i) Read(cpu, i + 1 == kBounds.sections);
    } else if (cpu == 1) {
      Update<kBounds.first>(cpu);
    } else {
      Update<kBounds.second>(cpu);
    }
    domain_.End(cpu);
  }
  std::array<Observation, 2> Observed() const { return seen_; }

 private:
  static constexpr int kOverwritten = 9, kGone = 2, kValue = 1;

  template <WaitBy kBy>
  void Update(int cpu) {
    kernel::write_once(published(cpu - 1), 0);
    if constexpr (kBy == WaitBy::kSynchronize) {
      periods_.Synchronize(cpu);
    } else {
      const GracePeriodCookie cookie = periods_.Snapshot();
      domain_.Quiesce(cpu);
      if (!periods_.Poll(cookie)) periods_.WaitFor(cpu, cookie);
    }
    object(cpu - 1).store(kOverwritten);
  }

  void Read(int cpu, bool last) {
    std::array<int, 2> values{};
    domain_.Section(cpu, [&] {
      for (int i = 0; i < 2; ++i) {
        const bool is_published = kernel::read_once(published(i)) != 0;
        Rt::linger();
        values[static_cast<std::size_t>(i)] = is_published ? object(i).load() : kGone;
      }
    });
    for (std::size_t i = 0; i < 2; ++i) {
      Rt::check(values[i] != kOverwritten, "a reader reads what an updater has overwritten");
      if (last) Rt::observe(seen_[i], values[i]);
    }
    if (!last) domain_.Rest(cpu);
  }

  auto& published(int i) { return published_[static_cast<std::size_t>(i)]; }
  auto& object(int i) { return objects_[static_cast<std::size_t>(i)]; }

  Domain domain_;
  GracePeriods<Rt, decltype(Domain::domain), kSteps> periods_{domain_.domain};
  typename Rt::template Array<typename Rt::template Atomic<int>, 2> published_{1, "published"};
  typename Rt::template Array<typename Rt::template Plain<int>, 2> objects_{kValue, "object"};
  std::array<Observation, 2> seen_{{{"object 0"}, {"object 1"}}};
};

// --- descriptions

struct GracePeriodsScenario {
  static constexpr int kThreads = 3;
  static constexpr Shape kShape = Shape::kSample;
  static constexpr std::string_view kSource = "Linux, Documentation/RCU/Design/Requirements";
  static constexpr bool kIsolated = true;
  static constexpr Hardly kHardlyDelayed{
      {}, "needs a store that is delayed while a grace period passes, or the first half of one"};
  static constexpr Hardly kHardlyAtTheEnd{
      {},
      "needs a reader to begin and an updater to unpublish between a grace period's last look at "
      "the readers and its end, some 100 ns"};
  static std::vector<Expect> Expected() {
    std::vector<Expect> rows;
    for (const int first : {1, 2})
      for (const int second : {1, 2})
        rows.push_back(classic::Always({first, second}, "its value, or it was unpublished"));
    return rows;
  }
};

}  // namespace heddle
