// The backend of runtime/runtime.h that plays a schedule: real threads whose operations happen in
// the order of an execution of the model.  For debuggers and ThreadSanitizer; player.h has the
// parts.
//
// Instruction text is interpreted, as in the model: which version of an instruction a CPU has
// cannot be told to a real one.
#pragma once

#include <string>
#include <utility>

#include "runtime/events/objects.h"
#include "runtime/events/text_operations.h"
#include "runtime/ordered/atomic.h"
#include "runtime/ordered/player.h"
#include "runtime/runtime.h"

namespace heddle {
namespace ordered {

class Spawned {
 public:
  static Spawned Start(std::function<void()> body, SourceLocation at = SourceLocation::Current()) {
    Spawned spawned;
    spawned.number_ = Player::Current().Spawn(std::move(body), at);
    return spawned;
  }
  int number() const { return number_; }
  void Wait(SourceLocation at = SourceLocation::Current()) {
    Player::Current().AwaitEnd(number_, at);
  }
  void Leave() {}

 private:
  int number_ = -1;
};

/// 0 … of the calling thread; the number of threads outside of them.
ThreadSlot ThisThread();

}  // namespace ordered

struct OrderedRuntime : events::Objects<ordered::Player>, events::TextOperations<ordered::Player> {
  template <CellValue T>
  using Atomic = ordered::Atomic<T>;
  using AtomicFlag = ordered::AtomicFlag;
  template <CellValue T>
  using Plain = ordered::Plain<T>;
  using BarrierAll = events::BarrierAllOf<ordered::Player>;
  using Spawned = ordered::Spawned;
  using MustReturn = ordered::MustReturn;
  using Here = SourceLocation;

  static ordered::Player& player() { return ordered::Player::Current(); }

  static void fence(std::memory_order order, Here at = Here::Current()) {
    if (!player().in_thread()) return;
    player().Perform(events::MakeLabel(model::Kind::kFence, events::ToModel(order), at));
  }
  static void fence_after_rmw(Here at = Here::Current()) { fence(std::memory_order_seq_cst, at); }

  template <typename Cell>
  static void names_threads(Cell&) {}

  template <typename Pred>
  static void spin_until(Pred pred, const char* what, Here at = Here::Current()) {
    player().SpinUntil(pred, what, at);
  }
  static void check(bool condition, const char* why, Here at = Here::Current()) {
    if (!condition) player().Fail(model::ErrorKind::kCheckFailed, why, at);
  }
  static void report(Fault fault, std::string message, Here at = Here::Current()) {
    player().Fail(fault == Fault::kMisuse ? model::ErrorKind::kMisuse : model::ErrorKind::kDeadlock,
                  std::move(message), at);
  }
  static ThreadSlot this_thread() { return ordered::ThisThread(); }
  static bool is_given_up() { return player().is_given_up(); }
  static void observe(Observation& o, std::int64_t value) { player().Observe(o, value); }
  static int choose(int n, Here at = Here::Current()) {
    return static_cast<int>(player().Choose(n, at));
  }
  static bool again(int round, int bound) { return round < bound; }

  static void set_interrupt_handler(Interrupt kind, int bound, std::function<void()> handler,
                                    Here at = Here::Current());
  static void mask(Interrupt kind, Here at = Here::Current());
  static void unmask(Interrupt kind, Here at = Here::Current());
  static bool in_handler(Interrupt kind) {
    return player().in_thread() && player().self().nesting.InHandler(kind);
  }
  static void send_interrupt(int /*thread*/, Interrupt) {}
  static void interrupt_point() {}
  static void linger() {}
};

static_assert(Runtime<OrderedRuntime>);

}  // namespace heddle
