// Is a grace period too short, whatever readers and updaters do beside?
//
//     CPU 0, updates                         CPU 1, natively: asks for grace periods
//     publish another object                 CPUs 2 and 3, read
//     the old one's age is 1                   lock
//     after each grace period: ++age           i = published, and the grace period's number
//     at age 10: it is free                    delays, nested sections, preemption
//                                              the age of object i, and the number again
//                                              unlock; the age once more
//
// What a reader may see when it leaves:
//
//   age 0 or 1    Right.  1 is a near miss: the grace period waits for this reader.
//   age 2 and up  A failure: a grace period has ended that began after the reader did.
//   the number    No grace period may have both begun and ended amid the section, whatever the
//                 reader holds.  One that was running when it began may have ended.
//   a close call  The age was 1 before it unlocked, and is 2 right after it.  Nothing is wrong, but
//                 in between grace periods end very soon after their last reader: that takes some
//                 cache misses longer than looking again does, unless the reader was interrupted
//                 just there.  Of the readers that leave with age 1, more than one in ten, if they
//                 are more than 20, is a failure.
//
// An object is waited for in one of several ways: grace periods that CPU 0 waits for, cookies that
// it polls, callbacks.  Readers delay for 100 ns to 10 ms, log-uniformly; where flavours allow it
// they sleep, leave on another CPU, are interrupted by handlers that read.  Now and then a CPU is
// idle for a while, or all of them pause, and go on at once.
//
// All that comes after the model's rounds: there, one object is replaced, and one reader reads.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <utility>

#include "rcu/callbacks.h"
#include "rcu/grace_periods.h"
#include "runtime/kernel.h"
#include "runtime/runtime.h"

namespace heddle::torture {

inline constexpr int kWideCpus = 4, kWideFirstReader = 2;

template <Runtime Rt, typename Flavour>
class WideProgram {
 public:
  WideProgram() { kernel::write_once(age(0), 0); }
  void Thread(int cpu) {
    if (cpu == 0) return Update();
    cpu == 1 ? Ask() : Read(cpu);
  }
  void Finish() {
    std::uint64_t near = 0, close = 0;
    for (int cpu = kWideFirstReader; cpu < kWideCpus; ++cpu) {
      near += near_[static_cast<std::size_t>(cpu)].load();
      close += close_[static_cast<std::size_t>(cpu)].load();
    }
    Rt::check(close <= 20 || close <= near / 10,
              "of the readers that a grace period waits for, too many see it end as they leave");
  }
  std::array<Observation, 4> Observed() const { return seen_; }

 private:
  static constexpr int kObjects = 32, kFreed = 10;
  static constexpr std::size_t kUpdates = 0, kAge = 1, kEnded = 2, kClose = 3;

  // --- CPU 0

  /// Objects whose age advances when CPU 0 sees a grace period end.
  struct Waiting {
    int object = 0;
    bool polled = false;
    GracePeriodCookie cookie{};
  };
  struct Pipe {
    std::array<Waiting, kObjects> waiting{};
    std::size_t size = 0;
  };

  void Update() {
    Pipe pipe;
    for (int round = 0, old = 0; Rt::again(round, 1); round = 1) {
      const int fresh = round == 0 ? 1 : FindFree(pipe);
      if (fresh < 0) break;
      kernel::write_once(age(fresh), 0);
      kernel::smp_store_release(published_, fresh);
      kernel::write_once(age(old), 1);
      if (round == 0) {
        periods_.Synchronize(0);
        kernel::write_once(age(old), kFreed);
      } else {
        Retire(pipe, old);
        Pause();
      }
      old = fresh;
      Rt::observe(seen_[kUpdates], 1);
    }
    flavour_.Away(0);
  }
  void Retire(Pipe& pipe, int object) {
    switch (Rt::choose(3)) {
      case 0:
        callbacks_.Call(0, callbacks_of_[static_cast<std::size_t>(object)]);
        break;
      case 1:
        pipe.waiting[pipe.size++] = {object, true, periods_.Snapshot()};
        break;
      default:
        pipe.waiting[pipe.size++] = {object};
        Advance(pipe);
    }
    Look(pipe);
  }
  /// Waits for a grace period.
  void Advance(Pipe& pipe) {
    periods_.Synchronize(0);
    for (std::size_t i = 0; i < pipe.size; ++i)
      if (!pipe.waiting[i].polled) Grow(pipe.waiting[i].object);
  }
  /// Waits for nothing.
  void Look(Pipe& pipe) {
    flavour_.Quiesce(0);
    callbacks_.Invoke(0);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < pipe.size; ++i) {
      Waiting w = pipe.waiting[i];
      if (w.polled && periods_.Poll(w.cookie)) {
        Grow(w.object);
        w.cookie = periods_.Snapshot();
      }
      if (kernel::read_once(age(w.object)) < kFreed) pipe.waiting[kept++] = w;
    }
    pipe.size = kept;
  }
  void Grow(int object) { kernel::write_once(age(object), kernel::read_once(age(object)) + 1); }
  /// -1: the run is over.
  int FindFree(Pipe& pipe) {
    for (;;) {
      const int from = Rt::choose(kObjects);
      for (int i = 0; i < kObjects; ++i) {
        const int object = (from + i) % kObjects;
        if (kernel::read_once(age(object)) >= kFreed) return object;
      }
      if (Rt::is_given_up()) return -1;
      Advance(pipe);
      Look(pipe);
    }
  }
  void Pause() {
    if (Rt::choose(2048) != 0) return;
    kernel::write_once(paused_, 1);
    flavour_.Idle(0, [] { Sleep(kMillisecond << Rt::choose(6)); });
    kernel::write_once(paused_, 0);
  }
  Callback<Rt> CallbackOf(int object) {
    return Callback<Rt>([this, object] {
      Grow(object);
      if (kernel::read_once(age(object)) < kFreed)
        callbacks_.Call(0, callbacks_of_[static_cast<std::size_t>(object)]);
    });
  }

  // --- CPU 1

  void Ask() {
    while (Rt::again(0, 0)) {
      PauseWithTheOthers(1);
      const auto cookie = periods_.Snapshot();
      if (Rt::choose(2) == 0) Be(1, Draw());
      if (!periods_.Poll(cookie)) periods_.WaitFor(1, cookie);
      Be(1, Draw());
    }
    flavour_.Away(1);
  }

  // --- CPUs that read

  void Read(int cpu) {
    flavour_.Begin(cpu);
    flavour_.Interrupts(cpu, [this](int slot) { Section(slot, slot, [] {}); });
    const int bound = cpu == kWideFirstReader ? 1 : 0;
    for (int round = 0; Rt::again(round, bound); round = bound) {
      const bool vary = round == bound;
      if (!vary) {
        flavour_.Quiesce(cpu);
        Section(cpu, cpu, [&] {
          flavour_.Amid(cpu);
          flavour_.Amid(cpu);
        });
        flavour_.Quiesce(cpu);
        continue;
      }
      PauseWithTheOthers(cpu);
      if (Rt::choose(16) == 0) Be(cpu, Draw());
      const int leave_on = Flavour::kAnyCpu ? Rt::choose(kWideCpus) : cpu;
      const Left left = Section(cpu, leave_on, [&] { Segments(cpu); });
      if (left != Left::kEasily) Count(near_[static_cast<std::size_t>(cpu)]);
      if (left == Left::kClosely) Count(close_[static_cast<std::size_t>(cpu)]);
      flavour_.Quiesce(cpu);
    }
    flavour_.End(cpu);
  }
  enum class Left { kEasily, kNearly, kClosely };

  template <typename F>
  Left Section(int cpu, int leave_on, F amid) {
    const auto held = flavour_.Lock(cpu);
    const auto began = periods_.Sequence();
    const int object = kernel::rcu_dereference(published_);
    amid();
    const int at_end = kernel::read_once(age(object));
    const auto ended = periods_.Sequence();
    flavour_.Unlock(leave_on, held);
    const int afterwards = kernel::read_once(age(object));
    Rt::check(at_end < 2, "a reader holds what grace periods have ended for");
    Rt::check(ended / 2 <= (began + 1) / 2, "a grace period has begun and ended amid a section");
    Rt::observe(seen_[kAge], at_end);
    Rt::observe(seen_[kEnded], static_cast<std::int64_t>(ended / 2 - began / 2));
    if (at_end != 1) return Left::kEasily;
    if (afterwards < 2) return Left::kNearly;
    Rt::observe(seen_[kClose], 1);
    return Left::kClosely;
  }
  void Segments(int cpu) {
    for (int left = Rt::choose(5); left > 0; --left) {
      flavour_.Amid(cpu);
      if (Rt::choose(4) == 0) {
        Section(cpu, cpu, [&] { Delay(cpu, Draw()); });
      } else {
        Delay(cpu, Draw());
      }
      flavour_.Amid(cpu);
    }
  }

  // --- all of them, natively

  static constexpr std::int64_t kShortest = 100, kMillisecond = 1'000'000;  // ns

  /// 100 ns … 10 ms, log-uniformly; most of them end at 10 µs, for the sake of the rate.
  static std::int64_t Draw() {
    const std::int64_t octave = kShortest << Rt::choose(Rt::choose(16) == 0 ? 17 : 7);
    return octave + Rt::choose(static_cast<int>(octave));
  }
  static void Sleep(std::int64_t ns) { std::this_thread::sleep_for(std::chrono::nanoseconds(ns)); }
  void Delay(int cpu, std::int64_t ns) {
    if (Flavour::kSleeps && ns > kMillisecond && Rt::choose(2) == 0) return Sleep(ns);
    const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(ns);
    do {
      if (ns > kMillisecond) flavour_.Amid(cpu);
      Rt::interrupt_point();
    } while (std::chrono::steady_clock::now() < until);
  }
  /// For so long, outside of sections.
  void Be(int cpu, std::int64_t ns) {
    flavour_.Idle(cpu, [&] {
      if (ns > kMillisecond) return Sleep(ns);
      const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(ns);
      while (std::chrono::steady_clock::now() < until) Rt::interrupt_point();
    });
  }
  void PauseWithTheOthers(int cpu) {
    if (kernel::read_once(paused_) == 0) return;
    flavour_.Idle(cpu, [&] {
      Rt::spin_until([&] { return kernel::read_once(paused_) == 0 || Rt::is_given_up(); },
                     "the pause to be over");
    });
  }

  template <typename Cell>
  static void Count(Cell& own) {
    own.store(own.load() + 1);
  }
  auto& age(int object) { return ages_[static_cast<std::size_t>(object)]; }

  template <std::size_t... kAll>
  std::array<Callback<Rt>, kObjects> MakeCallbacks(std::index_sequence<kAll...>) {
    return {CallbackOf(static_cast<int>(kAll))...};
  }

  using Periods = GracePeriods<Rt, Flavour>;
  using Counts = typename Rt::template Array<typename Rt::template Plain<std::uint64_t>, kWideCpus>;
  Flavour flavour_;
  Periods periods_{flavour_};
  Callbacks<Rt, Periods, kWideCpus> callbacks_{periods_};
  std::array<Callback<Rt>, kObjects> callbacks_of_ =
      MakeCallbacks(std::make_index_sequence<kObjects>());
  typename Rt::template Array<typename Rt::template Atomic<int>, kObjects> ages_{kFreed, "age"};
  typename Rt::template Atomic<int> published_{0, "published"}, paused_{0, "paused"};
  Counts near_{std::uint64_t{0}, "near misses"}, close_{std::uint64_t{0}, "close calls"};
  std::array<Observation, 4> seen_{
      {{"updates"}, {"age"}, {"grace periods ended amid"}, {"close calls"}}};
};

}  // namespace heddle::torture
