// Stopping the machine: runs a function while every other CPU is held in a loop that is known.
//
//   initiator: acks = N; publish state = Prepare; ask every CPU; take part itself
//   each CPU:  awaits a new state, enters it, acknowledges
//     Prepare  (it is here)           Disable  interrupts off
//     Run      calls the function     Exit     interrupts on again, leaves
//   Whoever acknowledges last resets acks, then publishes the next state.
//
// What happened before an acknowledgement happens before the next state on every CPU: acknowledging
// is acquire and release, the last one releases the state.  A CPU that left may be late: asks are
// counted, so it cannot take part in one stop twice.
//
// What it does not give: it serialises nobody.  A function that changes instructions must see to
// that (stopped_text.h).  And the loop must not execute what is being changed.
//
// Source: Linux's kernel/stop_machine.c as described in its comments; there, each CPU's part is run
// by a thread of the highest priority.  Here a CPU takes part where it calls Serve.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

#include "runtime/runtime.h"

namespace heddle {

/// The protocol's steps, each of which a mutant drops in turn.
struct StopSteps {
  bool reset_acks_first = true;       ///< before the next state is published
  bool order_acknowledgement = true;  ///< acquire and release
  bool release_state = true;
  bool release_ask = true;
  bool hold_everyone = true;  ///< Prepare and Disable come before Run
};

/// One stop at a time: the initiator's business (a mutex, or one initiator).  CPUs are 0 … kCpus -
/// 1 and all of them call Serve again and again, or nobody's Stop ends.
template <Runtime Rt, int kCpus, StopSteps kSteps = StopSteps{}>
class StopMachine {
 public:
  /// Called by `cpu`.  Calls `function(c)` on each CPU c while all are held.  What reports show of
  /// `function` is its address, so that a local makes them differ from run to run.
  template <typename F>
  void Stop(int cpu, F& function) {
    call_ = [](void* f, int c) { (*static_cast<F*>(f))(c); };
    function_.store(&function);
    acks_.store(kCpus, std::memory_order_relaxed);
    Publish(kSteps.hold_everyone ? State::kPrepare : State::kRun);
    // Pairs with Serve's acquire: whoever is asked sees the state of this stop and what it is for.
    asked_.store(++stops_,
                 kSteps.release_ask ? std::memory_order_release : std::memory_order_relaxed);
    Serve(cpu);
    // Everybody has left: the next stop finds nobody in this one.
    state_.await([](State s) { return s == State::kNone; }, std::memory_order_acquire,
                 "every CPU to leave the stopped machine");
  }

  /// Takes part in the stop that has been asked for, if there is one that `cpu` was not in.
  void Serve(int cpu) { TakePartIn(asked_.load(std::memory_order_acquire), cpu); }
  /// Takes part in all stops that are still to come.
  void ServeUntilEnd(int cpu) {
    int asked = 0;
    do {
      const int served = stops_of(cpu);
      asked = asked_.await([served](int n) { return n != served; }, std::memory_order_acquire,
                           "the next stop of the machine, or the end");
      TakePartIn(asked, cpu);
    } while (asked != kOver);
  }
  /// By the initiator: there will be no other stop.
  void End() { asked_.store(kOver, std::memory_order_release); }

  /// How many stops `cpu` has been in; asked by itself.
  int stops_of(int cpu) const { return served_[static_cast<std::size_t>(cpu)]; }

 private:
  enum class State : int { kNone, kPrepare, kDisable, kRun, kExit };
  static constexpr int kOver = -1;

  void TakePartIn(int stop, int cpu) {
    int& served = served_[static_cast<std::size_t>(cpu)];
    if (stop == served || stop == kOver) return;
    served = stop;
    State now = State::kNone;
    do {
      const State before = now;
      now = state_.await([before](State s) { return s != before && s != State::kNone; },
                         std::memory_order_acquire, "the next state of the stopped machine");
      if (now == State::kRun) call_(function_.load(), cpu);
      Acknowledge(now);
    } while (now != State::kExit);
  }

  void Acknowledge(State now) {
    const auto order =
        kSteps.order_acknowledgement ? std::memory_order_acq_rel : std::memory_order_relaxed;
    if (acks_.fetch_sub(1, order) != 1) return;
    const State next =
        now == State::kExit ? State::kNone : static_cast<State>(static_cast<int>(now) + 1);
    if constexpr (kSteps.reset_acks_first) acks_.store(kCpus, std::memory_order_relaxed);
    Publish(next);
    if constexpr (!kSteps.reset_acks_first) acks_.store(kCpus, std::memory_order_relaxed);
  }

  void Publish(State next) {
    state_.store(next,
                 kSteps.release_state ? std::memory_order_release : std::memory_order_relaxed);
  }

  typename Rt::template Atomic<State> state_{State::kNone, "stop.state"};
  typename Rt::template Atomic<int> acks_{0, "stop.acks"};
  typename Rt::template Atomic<int> asked_{0, "stop.asked"};
  typename Rt::template Plain<void*> function_{nullptr, "stop.function"};
  void (*call_)(void*, int) = nullptr;  // the same for all stops of one initiator
  int stops_ = 0;                       // the initiator's own
  std::array<int, kCpus> served_{};     // each CPU's own
};

}  // namespace heddle
