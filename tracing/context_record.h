// Which context does a CPU say that it is in?
//
// One word counts, in a field for each level, the handlers that have begun and not ended yet (the
// kernel's preempt_count).  Entry code counts up when a handler has begun, and down before it
// ends.  What the CPU is really in changes with the interrupt itself, so there are windows on both
// sides, in which the word speaks of the interrupted context:
//
//     interrupt  |  entry code  |  Enter  |  the handler  |  Exit  |  exit code  |  return
//                ^--- window ---^                                  ^--- window --^
//
// Counting is a load and a store.  A handler that comes between them puts the word back as it found
// it before it returns, and no other CPU writes it.
//
// Sources: Linux's include/linux/preempt.h and entry code, as Documentation/core-api/entry.rst
// describes them: an NMI is counted first of all, a hardware interrupt later, by irq_enter.
#pragma once

#include <atomic>
#include <string>

#include "runtime/kernel.h"
#include "runtime/runtime.h"

namespace heddle {

/// From the lowest; each interrupts those before it.
enum class Level { kNormal, kSoftirq, kIrq, kNmi };
inline constexpr int kLevels = 4;

constexpr const char* Name(Level level) {
  constexpr const char* kNames[] = {"normal", "softirq", "IRQ", "NMI"};
  return kNames[static_cast<int>(level)];
}

/// One CPU's own.
template <Runtime Rt>
class ContextRecord {
 public:
  using Here = SourceLocation;

  /// A handler of `level`, which is not kNormal, has begun.
  void Enter(Level level) { kernel::write_once(count_, kernel::read_once(count_) + One(level)); }
  void Exit(Level level, Here at = Here::Current()) {
    const unsigned count = kernel::read_once(count_);
    if (level == Level::kNormal || count / One(level) % kField == 0) {
      Rt::report(Fault::kMisuse,
                 "ends a handler of level " + std::string(Name(level)) + ", but has begun none",
                 at);
      return;
    }
    kernel::write_once(count_, count - One(level));
  }

  /// The highest level that has been counted.
  Level Recorded() const {
    const unsigned count = kernel::read_once(count_);
    for (const Level level : {Level::kNmi, Level::kIrq, Level::kSoftirq})
      if (count >= One(level)) return level;
    return Level::kNormal;
  }

 private:
  static constexpr unsigned kField = 256;
  static constexpr unsigned One(Level level) {
    return level == Level::kNmi ? kField * kField : level == Level::kIrq ? kField : 1;
  }

  typename Rt::template Atomic<unsigned> count_{0U, "context count"};
};

}  // namespace heddle
