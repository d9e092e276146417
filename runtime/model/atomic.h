// What is a std::atomic in the model?  A cell whose accesses have an order.
#pragma once

#include <string>

#include "runtime/events/atomic.h"
#include "runtime/model/cell.h"

namespace heddle {

/// Who waits for a notification of an atomic: a location beside it.
class ModelWaiters {
 public:
  using Backend = Machine;
  explicit ModelWaiters(model::Location atomic)
      : location_(Machine::Current().WaitersOf(atomic)), atomic_(atomic) {}
  model::Value Perform(model::Label label) const {
    label.location = location_;
    return Machine::Current().Perform(label);
  }
  void Await(model::Label label, const char* what) const {
    label.location = location_;
    Machine::Current().Await(label, what);
  }
  int self() const { return Machine::Current().current_cpu(); }
  std::string name() const { return Machine::Current().LocationName(atomic_); }

 private:
  model::Location location_, atomic_;
};

template <CellValue T>
class ModelAtomicCell : public ModelCell<T> {
 public:
  using Backend = Machine;
  using ModelCell<T>::ModelCell;

 protected:
  /// See Machine::FailsSpuriously.
  bool FailsSpuriously(SourceLocation at) const {
    return Machine::Current().FailsSpuriously(this->location(), at);
  }
  std::string Name() const { return Machine::Current().LocationName(this->location()); }
  events::Waiters<ModelWaiters> WaitersAt(SourceLocation at) const {
    return {ModelWaiters(this->location()), at};
  }
};

template <CellValue T>
class ModelAtomic : public events::Atomic<T, ModelAtomicCell<T>> {
 public:
  using events::Atomic<T, ModelAtomicCell<T>>::Atomic;
};

using ModelAtomicFlag = events::AtomicFlag<ModelAtomic<bool>>;

}  // namespace heddle
