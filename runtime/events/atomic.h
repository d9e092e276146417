// Which events are the operations of a std::atomic?
#pragma once

#include <cstring>
#include <string>
#include <type_traits>

#include "model/program.h"
#include "runtime/atomic_concept.h"
#include "runtime/events/label.h"
#include "runtime/events/waiters.h"
#include "runtime/runtime.h"

namespace heddle::events {

/// `Cell` is a variable of T as a backend has it:
///
///   model::Value ToValue(T), T FromValue(value)    T as labels hold it; ToValue of one that they
///                                                  cannot hold (16 bytes) is a name for it
///   model::Label MakeLabel(kind, order, at)
///   T Read(order, at), void Write(T, order, at)
///   T Do(label, operand, expected)                 any operation; T's that labels may not hold
///   T DoAwait(label, what)                         one whose label has a test
///   bool FailsSpuriously(at)                       whether a weak compare-exchange does, here
///   std::string Name(), Waiters<…> WaitersAt(at)
///   Backend::Current(), with in_thread(), is_abandoning() and Fail(kind, message, at)
template <CellValue T, typename Cell>
class Atomic : public Cell {
 public:
  using Cell::Cell;
  using Here = SourceLocation;
  using Order = std::memory_order;
  using Difference = DifferenceOf<T>;

  T load(Order order, Here at = Here::Current()) const {
    Require(IsLoadOrder(order), "a load", "relaxed, acquire or seq_cst", at);
    return this->Read(ToModel(order), at);
  }
  void store(T value, Order order, Here at = Here::Current()) {
    Require(IsStoreOrder(order), "a store", "relaxed, release or seq_cst", at);
    this->Write(value, ToModel(order), at);
  }
  T exchange(T value, Order order, Here at = Here::Current()) {
    return this->Do(Update(model::RmwOp::kExchange, Cell::ToValue(value), order, at), value);
  }
  T fetch_add(Difference n, Order order, Here at = Here::Current()) requires AdditiveValue<T> {
    return this->Do(Update(Addition(), Summand(n), order, at));
  }
  T fetch_sub(Difference n, Order order, Here at = Here::Current()) requires AdditiveValue<T> {
    return this->Do(Update(Addition(), Summand(Negative(n)), order, at));
  }
  T fetch_or(T n, Order order, Here at = Here::Current()) requires BitwiseValue<T> {
    return this->Do(Update(model::RmwOp::kOr, Cell::ToValue(n), order, at));
  }
  T fetch_and(T n, Order order, Here at = Here::Current()) requires BitwiseValue<T> {
    return this->Do(Update(model::RmwOp::kAnd, Cell::ToValue(n), order, at));
  }
  T fetch_xor(T n, Order order, Here at = Here::Current()) requires BitwiseValue<T> {
    return this->Do(Update(model::RmwOp::kXor, Cell::ToValue(n), order, at));
  }

  bool compare_exchange_strong(T& expected, T desired, Order success, Order failure,
                               Here at = Here::Current()) {
    Require(IsLoadOrder(failure), kFailure, "relaxed, acquire or seq_cst", at);
    model::Label l = Update(model::RmwOp::kExchange, Cell::ToValue(desired), success, at);
    l.cas = true;
    l.failure = ToModel(failure);
    l.expected = Cell::ToValue(expected);
    const T old = this->Do(l, desired, expected);
    const bool done = SameBits(old, expected);
    expected = old;
    return done;
  }
  bool compare_exchange_strong(T& expected, T desired, Order order, Here at = Here::Current()) {
    return compare_exchange_strong(expected, desired, order, FailureOrderOf(order), at);
  }
  /// May fail spuriously, then is no more than a load.
  bool compare_exchange_weak(T& expected, T desired, Order success, Order failure,
                             Here at = Here::Current()) {
    Require(IsLoadOrder(failure), kFailure, "relaxed, acquire or seq_cst", at);
    if (!this->FailsSpuriously(at))
      return compare_exchange_strong(expected, desired, success, failure, at);
    expected = this->Read(ToModel(failure), at);
    return false;
  }
  bool compare_exchange_weak(T& expected, T desired, Order order, Here at = Here::Current()) {
    return compare_exchange_weak(expected, desired, order, FailureOrderOf(order), at);
  }

  /// Returns once the value is not `old`, but may have to be notified to see it: waiters.h.
  void wait(T old, Order order, Here at = Here::Current()) const {
    while (SameBits(load(order, at), old) && !Backend().is_abandoning()) {
      if (!Backend().in_thread())
        return Backend().Fail(model::ErrorKind::kDeadlock,
                              "a wait outside threads, where nobody can notify it", at);
      auto waiters = this->WaitersAt(at);
      waiters.Enter();
      if (!SameBits(load(order, at), old)) return waiters.Leave();
      waiters.Sleep();
    }
  }
  void notify_one(Here at = Here::Current()) { this->WaitersAt(at).NotifyOne(); }
  void notify_all(Here at = Here::Current()) { this->WaitersAt(at).NotifyAll(); }

  /// Accesses that are not atomic: see runtime/atomic_concept.h.
  T plain_load(Here at = Here::Current()) const { return this->Read(model::Order::kPlain, at); }
  void plain_store(T value, Here at = Here::Current()) {
    this->Write(value, model::Order::kPlain, at);
  }

  /// Waits until the cell holds a value for which `test(T)` is true, and returns it.  `test` is
  /// pure and captures, by value, at most 16 bytes.
  template <typename Test>
  T await(Test test, Order order, const char* what, Here at = Here::Current()) const {
    Require(IsLoadOrder(order), "a load", "relaxed, acquire or seq_cst", at);
    return Await(this->MakeLabel(model::Kind::kRead, ToModel(order), at), test, what);
  }
  /// The same, and in one read-modify-write replaces it by `value`, or adds `n` to it.
  template <typename Test>
  T await_exchange(Test test, T value, Order order, const char* what, Here at = Here::Current()) {
    return Await(Update(model::RmwOp::kExchange, Cell::ToValue(value), order, at), test, what);
  }
  template <typename Test>
  T await_fetch_add(Test test, Difference n, Order order, const char* what,
                    Here at = Here::Current()) requires AdditiveValue<T> {
    return Await(Update(Addition(), Summand(n), order, at), test, what);
  }
  /// The same, but replaces only `expected`; another value for which `test` holds is just read.
  template <typename Test>
  T await_compare_exchange(Test test, T expected, T desired, Order order, const char* what,
                           Here at = Here::Current()) {
    model::Label l = Update(model::RmwOp::kExchange, Cell::ToValue(desired), order, at);
    l.cas = true;
    l.failure = AtLeastAcquire(l.order) ? model::Order::kAcquire : model::Order::kRelaxed;
    l.expected = Cell::ToValue(expected);
    return Await(l, test, what);
  }

 private:
  static constexpr const char* kFailure = "the failure of a compare-exchange";

  static auto& Backend() { return Cell::Backend::Current(); }
  static bool SameBits(const T& a, const T& b) { return std::memcmp(&a, &b, sizeof(T)) == 0; }
  // What is given up may have any order: nobody looks any more.
  void Require(bool allowed, const char* what, const char* use, Here at) const {
    if (allowed || Backend().is_abandoning()) return;
    Backend().Fail(model::ErrorKind::kCheckFailed,
                   "'" + this->Name() + "': " + what + " cannot have this memory order; use " + use,
                   at);
  }
  static constexpr model::RmwOp Addition() {
    if constexpr (std::is_floating_point_v<T>)
      return sizeof(T) == 4 ? model::RmwOp::kAddFloat : model::RmwOp::kAddDouble;
    return model::RmwOp::kAdd;
  }
  static model::Value Summand(Difference n) {
    if constexpr (std::is_pointer_v<T>) {
      return static_cast<model::Value>(n) * sizeof(std::remove_pointer_t<T>);
    } else {
      model::Value value = 0;
      std::memcpy(&value, &n, sizeof n);
      return value;
    }
  }
  static Difference Negative(Difference n) {
    if constexpr (std::is_integral_v<Difference>)  // modulo 2^n: the least number has no negative
      return static_cast<Difference>(~static_cast<std::make_unsigned_t<Difference>>(n) + 1u);
    else
      return -n;
  }
  model::Label Update(model::RmwOp op, model::Value operand, Order order, Here at) const {
    model::Label l = this->MakeLabel(model::Kind::kRead, ToModel(order), at);
    l.rmw = true;
    l.op = op;
    l.value = operand;
    return l;
  }
  template <typename Test>
  T Await(model::Label l, Test test, const char* what) const {
    // An explorer asks the test outside of the backend, which alone knows the bytes of a wide
    // value.
    static_assert(sizeof(T) <= 8, "16-byte atomics cannot be awaited: use wait, or spin_until");
    l.await = model::AwaitTest::Of([test](model::Value v) { return test(Cell::FromValue(v)); });
    return this->DoAwait(l, what);
  }
};

/// `AtomicBool` is a backend's atomic of bool.
template <typename AtomicBool>
class AtomicFlag {
 public:
  using Here = SourceLocation;
  using Order = std::memory_order;

  explicit AtomicFlag(const char* name, Here at = Here::Current()) : set_(false, name, at) {}

  bool test(Order order, Here at = Here::Current()) const { return set_.load(order, at); }
  bool test_and_set(Order order, Here at = Here::Current()) {
    return set_.exchange(true, order, at);
  }
  void clear(Order order, Here at = Here::Current()) { set_.store(false, order, at); }
  void wait(bool old, Order order, Here at = Here::Current()) const { set_.wait(old, order, at); }
  void notify_one(Here at = Here::Current()) { set_.notify_one(at); }
  void notify_all(Here at = Here::Current()) { set_.notify_all(at); }

 private:
  AtomicBool set_;
};

}  // namespace heddle::events
