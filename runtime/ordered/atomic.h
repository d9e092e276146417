// What is a std::atomic on threads that play a schedule?  A variable whose operations have an
// order, and are the model's.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/events/atomic.h"
#include "runtime/ordered/plain.h"

namespace heddle::ordered {

/// Who waits for a notification of an atomic: a word beside it.
class WaitersOfAtomic {
 public:
  using Backend = Player;
  explicit WaitersOfAtomic(Cell& cell) : cell_(cell) {}
  model::Value Perform(const model::Label& label) {
    return Player::Current().Perform(label, &cell_);
  }
  void Await(const model::Label& label, const char* what) {
    Player::Current().Await(label, &cell_, what);
  }
  int self() const { return Player::Current().self().number; }
  std::string name() const { return cell_.name; }

 private:
  Cell& cell_;
};

template <CellValue T>
class AtomicVariable : public Variable<T> {
 public:
  using Backend = Player;
  AtomicVariable(T initial, const char* name, SourceLocation at = SourceLocation::Current())
      : Variable<T>(initial, name, at) {
    waiters_ = {.name = name, .storage = &waiting_, .of_waiters = true, .written = true};
  }

 protected:
  bool FailsSpuriously(SourceLocation at) const {
    return Player::Current().FailsSpuriously(this->cell(), at);
  }
  std::string Name() const { return this->cell().Name(); }
  events::Waiters<WaitersOfAtomic> WaitersAt(SourceLocation at) const {
    return {WaitersOfAtomic(waiters_), at};
  }

 private:
  mutable std::uint64_t waiting_ = 0;  // one bit per thread
  mutable Cell waiters_;
};

template <CellValue T>
using Atomic = events::Atomic<T, AtomicVariable<T>>;
using AtomicFlag = events::AtomicFlag<Atomic<bool>>;

}  // namespace heddle::ordered
