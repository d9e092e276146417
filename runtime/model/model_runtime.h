// The model backend of the runtime concept: every operation is an event of an execution graph.
// runtime/runtime.h documents the operations.
#pragma once

#include <string>
#include <utility>

#include "runtime/events/ipis.h"
#include "runtime/events/objects.h"
#include "runtime/events/text_operations.h"
#include "runtime/model/atomic.h"
#include "runtime/model/contexts.h"
#include "runtime/model/machine.h"
#include "runtime/model/plain.h"
#include "runtime/runtime.h"

namespace heddle {

class ModelSpawned {
 public:
  static ModelSpawned Start(std::function<void()> body,
                            SourceLocation at = SourceLocation::Current()) {
    return ModelSpawned(Machine::Current().Spawn(std::move(body), at));
  }
  ModelSpawned() = default;
  int number() const { return number_; }
  void Wait(SourceLocation at = SourceLocation::Current()) {
    Machine::Current().AwaitEnd(number_, at);
  }
  void Leave() {}

 private:
  explicit ModelSpawned(int number) : number_(number) {}
  int number_ = -1;
};

struct ModelRuntime : events::Objects<Machine>, events::TextOperations<Machine> {
  template <CellValue T>
  using Atomic = ModelAtomic<T>;
  using AtomicFlag = ModelAtomicFlag;
  template <CellValue T>
  using Plain = ModelPlain<T>;
  using BarrierAll = events::BarrierAllOf<Machine>;
  using Spawned = ModelSpawned;
  using MustReturn = ModelMustReturn;
  using Here = SourceLocation;

  static void fence(std::memory_order order, Here at = Here::Current()) {
    if (!Machine::Current().in_thread()) return;
    Machine::Current().Perform(events::MakeLabel(model::Kind::kFence, events::ToModel(order), at));
  }
  static void fence_after_rmw(Here at = Here::Current()) { fence(std::memory_order_seq_cst, at); }

  template <typename Pred>
  static void spin_until(Pred pred, const char* what, Here at = Here::Current()) {
    Machine::Current().SpinUntil(pred, what, at);
  }
  static void check(bool condition, const char* why, Here at = Here::Current()) {
    if (!condition) Machine::Current().Fail(model::ErrorKind::kCheckFailed, why, at);
  }
  static void report(Fault fault, std::string message, Here at = Here::Current()) {
    Machine::Current().Fail(
        fault == Fault::kMisuse ? model::ErrorKind::kMisuse : model::ErrorKind::kDeadlock,
        std::move(message), at);
  }
  template <CellValue T>
  static void names_threads(ModelCell<T>& cell) {
    cell.SetNamesThreads();
  }
  static ThreadSlot this_thread() { return Machine::Current().this_thread(); }
  static bool is_given_up() { return Machine::Current().is_given_up(); }
  static void observe(Observation& o, std::int64_t value) { Machine::Current().Observe(o, value); }
  static int choose(int n, Here at = Here::Current()) {
    return static_cast<int>(Machine::Current().Choose(n, at));
  }
  static bool again(int round, int bound) { return round < bound; }

  static void set_interrupt_handler(Interrupt kind, int bound, std::function<void()> handler,
                                    Here at = Here::Current()) {
    Machine::Current().contexts().SetHandler(kind, bound, std::move(handler), at);
  }
  static void mask(Interrupt kind, Here at = Here::Current()) {
    Machine::Current().contexts().Mask(kind, at);
  }
  static void unmask(Interrupt kind, Here at = Here::Current()) {
    Machine::Current().contexts().Unmask(kind, at);
  }
  static bool in_handler(Interrupt kind) { return Machine::Current().contexts().InHandler(kind); }
  static void send_interrupt(int /*thread*/, Interrupt) {}
  static void interrupt_point() {}
  static void linger() {}
};

static_assert(Runtime<ModelRuntime>);

}  // namespace heddle
