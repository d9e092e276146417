// Is a grace period too short?  As many of them as the machine can do.
//
//     Updater, CPU 0                      Reader
//     make the next object of a ring      lock
//     publish it                          i = published
//     Synchronize                         hold it for a while, or not; be preempted, and so on
//     poison the one before               read object i: not poisoned
//                                         unlock, be quiescent
//                                         rest until the next update, now and then
//
// A run makes about as many updates as the flavour allows; what a bug needs is that one of them
// meets a reader at the right moment.  The ring is long: an object stays poisoned until it is
// published again, and a reader that was delayed is to find it so.
//
// Resting is for machines with fewer CPUs than threads: the updater gets the reader's CPU while the
// reader is in no section.  Else it would wait until the scheduler takes the CPU from a reader,
// which is mostly in a section, some hundred times a second.
//
// Variety begins after the model's rounds: the model needs no delays.
#pragma once

#include <array>
#include <cstdint>

#include "runtime/kernel.h"
#include "runtime/runtime.h"

namespace heddle::torture {

struct TightBounds {
  int readers = 1;
  int updates = 1;
  int sections = 1;  ///< of each reader
};

template <Runtime Rt, typename Flavour, TightBounds kBounds>
class TightProgram {
 public:
  void Thread(int cpu) { cpu == 0 ? Update() : Read(cpu); }
  /// What is observed are the numbers of updates, each of which counts as 1, and of sections.
  std::array<Observation, 2> Observed() const { return seen_; }

 private:
  static constexpr int kObjects = 64, kPoison = 0, kFine = 1;
  static constexpr int kLongestHold = 8;  // 2^7 looks
  static constexpr int kSectionsPerRest = 64;
  static constexpr int kAmidMore = 7;  // 2 to 8 times

  void Update() {
    for (int round = 0, old = 0; Rt::again(round, kBounds.updates); Count(round)) {
      const int fresh = (old + 1) % kObjects;
      object(fresh).store(kFine);
      kernel::smp_store_release(published_, fresh);
      flavour_.Synchronize(0);
      object(old).store(kPoison);
      old = fresh;
      Rt::observe(seen_[0], 1);
    }
    flavour_.Away(0);
  }
  void Read(int cpu) {
    flavour_.Begin(cpu);
    for (int round = 0; Rt::again(round, kBounds.sections); Count(round)) {
      const bool vary = round == kMostRounds;
      if (!vary || Rt::choose(kSectionsPerRest) == 0) Rest(cpu, vary);
      const int looks = vary ? 1 << Rt::choose(kLongestHold) : 1;
      const auto held = flavour_.Lock(cpu);
      const int index = kernel::rcu_dereference(published_);
      Hold(looks);
      for (int times = vary ? 2 + Rt::choose(kAmidMore) : 2; times > 0; --times) {
        flavour_.Amid(cpu);
        Hold(looks);
      }
      const int value = object(index).load();
      flavour_.Unlock(cpu, held);
      Rt::check(value != kPoison, "a reader holds what the updater has poisoned");
      Rt::observe(seen_[1], value);
      flavour_.Quiesce(cpu);
    }
    flavour_.End(cpu);
  }

  void Hold(int looks) {
    for (int i = 1; i < looks; ++i) kernel::read_once(published_);
  }
  /// In the model it is back at once.
  void Rest(int cpu, bool long_enough) {
    const int before = kernel::read_once(published_);
    flavour_.Idle(cpu, [&] {
      if (!long_enough) return;
      Rt::spin_until([&] { return kernel::read_once(published_) != before || Rt::is_given_up(); },
                     "the next update");
    });
  }

  /// Natively there may be 20 million rounds per second: an int would overflow after 100 s.
  static constexpr int kMostRounds = kBounds.updates + kBounds.sections;
  static void Count(int& round) {
    if (round < kMostRounds) ++round;
  }
  auto& object(int index) { return objects_[static_cast<std::size_t>(index)]; }

  Flavour flavour_;
  typename Rt::template Array<typename Rt::template Plain<int>, kObjects> objects_{kFine, "object"};
  typename Rt::template Atomic<int> published_{0, "published"};
  std::array<Observation, 2> seen_{{{"updates"}, {"sections"}}};
};

}  // namespace heddle::torture
