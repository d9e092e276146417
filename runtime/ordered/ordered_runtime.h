// The backend of runtime/runtime.h that plays a schedule: real threads whose operations happen in
// the order of an execution of the model.  For debuggers and ThreadSanitizer; player.h has the
// parts.
//
// It knows no instruction text: that is not to be had in order.
#pragma once

#include <string>
#include <utility>

#include "runtime/events/objects.h"
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

class BarrierAll {
 public:
  BarrierAll() { Player::Current().barriers().ReachAll(Player::Current().threads()); }
  void operator()(SourceLocation at = SourceLocation::Current()) {
    Player::Current().barriers().All(Player::Current(), at);
  }
};

/// For what compiles, and never runs.
class NoText {
 public:
  template <typename... Args>
  explicit NoText(Args&&...) {}
  std::uintptr_t address(std::size_t) const { return 0; }
  bool contains(std::uintptr_t) const { return false; }
  std::size_t size() const { return 0; }
  Isa isa() const { return Isa::kX86_64; }
};

/// 0 … of the calling thread; the number of threads outside of them.
ThreadSlot ThisThread();

}  // namespace ordered

struct OrderedRuntime : events::Objects<ordered::Player> {
  template <CellValue T>
  using Atomic = ordered::Atomic<T>;
  using AtomicFlag = ordered::AtomicFlag;
  template <CellValue T>
  using Plain = ordered::Plain<T>;
  using BarrierAll = ordered::BarrierAll;
  using CodeRegion = ordered::NoText;
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

  static void write_code(CodeRegion&, std::size_t, std::span<const std::uint8_t>, Here = {}) {}
  static std::uint32_t read_code(const CodeRegion&, std::size_t, Here = {}) { return 0; }
  static void declare_instruction(CodeRegion&, std::size_t, std::span<const std::uint8_t>) {}
  static void clean_code(CodeRegion&, std::size_t, Here = {}) {}
  static void invalidate_code(CodeRegion&, std::size_t, Here = {}) {}
  static void synchronize_data(Here = {}) {}
  static void synchronize_context(Here = {}) {}
  static void sync_core_all(Here = {}) {}
  static void set_sync_flaw(SyncFlaw) {}
  static void set_trap_handler(TrapHandler, void*) {}
  static bool in_trap() { return false; }
  static std::uint32_t call(const CodeRegion&, std::size_t, Here = {}) { return 0; }
};

static_assert(Runtime<OrderedRuntime>);

}  // namespace heddle
