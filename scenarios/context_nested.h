// Context tracking and handlers that come between any two steps of a transition: does each leave
// things as it found them?
//
//     CPU 0                    IRQ, NMI (anywhere, nested)
//     go idle                  before = word, nesting
//     come back                enter; RCU must watch; end
//                              word and nesting must be as before
//
// While RCU does not watch, nesting is 0.  In the end the word has counted every transition, the
// handlers' as well: a look that misses two of them would miss an absence.
#pragma once

#include <array>
#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "rcu/context_tracking.h"
#include "runtime/kernel.h"
#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"

namespace heddle {

template <Runtime Rt, int kNmis, ContextSteps kSteps = ContextSteps{}>
class ContextNestedProgram {
 public:
  void Thread(int) {
    Rt::set_interrupt_handler(Interrupt::kIrq, 1, [this] { Handle(); });
    Rt::set_interrupt_handler(Interrupt::kNmi, kNmis, [this] { Handle(); });
    for (int i = 0; Rt::again(i, 1); ++i) {
      Count(2);
      contexts_.Leave(0, Context::kIdle);
      contexts_.Return(0);
    }
  }
  void Finish() {
    Rt::check(contexts_.IsWatching(0), "RCU does not watch the kernel");
    Rt::check(contexts_.Snapshot(0) == begin_ + kTransition * kernel::read_once(transitions_),
              "the word has not counted each transition");
  }
  std::array<Observation, 1> Observed() const { return {absent_}; }

 private:
  static constexpr unsigned kTransition = 4;

  void Handle() {
    const bool watched = contexts_.IsWatching(0);
    const auto before = contexts_.Snapshot(0);
    const int nesting = contexts_.Nesting(0);
    Rt::check(watched || nesting == 0, "nesting is not 0 although RCU does not watch");
    if (!watched) Count(2);
    contexts_.EnterHandler(0);
    Rt::check(contexts_.IsWatching(0), "RCU does not watch a handler");
    contexts_.ExitHandler(0);
    Rt::check((contexts_.Snapshot(0) - before) % (2 * kTransition) == 0 &&
                  contexts_.Nesting(0) == nesting,
              "a handler left something else than it found");
    Rt::observe(absent_, watched ? 0 : 1);
  }
  void Count(unsigned transitions) {
    transitions_.fetch_add(transitions, std::memory_order_relaxed);
  }

  ContextTracking<Rt, 1, kSteps> contexts_;
  typename Rt::template Atomic<unsigned> transitions_{0U, "transitions"};
  const unsigned begin_ = contexts_.Snapshot(0);
  Observation absent_{"absent"};
};

struct ContextNested {
  static constexpr std::string_view kName = "context_nested";
  static constexpr std::string_view kQuestion =
      "do handlers leave context tracking as they found it, between any two steps of a transition? "
      "(bound: 1 absence, 1 IRQ, 2 NMIs)";
  static constexpr std::string_view kSource = "Linux, Documentation/RCU/Design";
  static constexpr int kThreads = 1;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr bool kIsolated = true;
  template <ContextSteps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = ContextNestedProgram<Rt, 2, kSteps>;
  };
  template <Runtime Rt>
  using Program = ContextNestedProgram<Rt, 2>;
  static std::vector<Expect> Expected() {
    return {classic::Always({0, 0}, "a handler interrupts the kernel or another handler"),
            classic::Always({0, 1}, "a handler interrupts an idle CPU")};
  }
  static Verdict Caught(std::string why) {
    return classic::Everywhere("check failed", std::move(why));
  }

  struct NestingFirst : Dropping<ContextSteps{.word_first = false}> {
    static constexpr std::string_view kName = "nesting-before-word";
    static constexpr std::string_view kWhat = "a handler counts itself before RCU watches it";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Caught("an NMI in between makes nesting 2, and its end leaves watching on");
    }
  };
  struct NestingLast : Dropping<ContextSteps{.nesting_first = false}> {
    static constexpr std::string_view kName = "nesting-after-word";
    static constexpr std::string_view kWhat = "a handler's end stops watching before nesting is 0";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Caught("an NMI in between makes nesting 2, and its end leaves watching on");
    }
  };
  struct NotCounted : Dropping<ContextSteps{.count_handlers = false}> {
    static constexpr std::string_view kName = "not-counted";
    static constexpr std::string_view kWhat = "an inner handler's end switches watching off";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Caught("RCU does not watch what the inner handler interrupted");
    }
  };
  struct NotWatched : Dropping<ContextSteps{.watch_handlers = false}> {
    static constexpr std::string_view kName = "not-watched";
    static constexpr std::string_view kWhat = "handlers do not switch watching on";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Caught("RCU does not watch a handler that interrupts an idle CPU");
    }
  };
  struct Stored : Dropping<ContextSteps{.one_rmw = false}> {
    static constexpr std::string_view kName = "stored";
    static constexpr std::string_view kWhat = "L and R1 are loads and stores";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Caught("an NMI in between is taken back: the word forgets two transitions");
    }
  };
  struct NestingTells : Dropping<ContextSteps{.ask_word = false}> {
    static constexpr std::string_view kName = "nesting-tells";
    static constexpr std::string_view kWhat = "a handler asks nesting whether RCU watches";
    static constexpr std::string_view kSource = "Linux before commit 03ecd3f48e57, 2017";
    static constexpr int kMuseum = 34;  // there it was a tracer, which entered as a handler does
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Caught("between the two stores of a transition nesting is 0 although RCU watches");
    }
  };
  using Mutants = TypeList<NestingFirst, NestingLast, NotCounted, NotWatched, Stored, NestingTells>;
};

}  // namespace heddle
