// What is a std::atomic in the model?  A cell whose accesses have an order.
#pragma once

#include <string>

#include "runtime/model/cell.h"
#include "runtime/model/waiters.h"

namespace heddle {

template <CellValue T>
class ModelAtomic : public ModelCell<T> {
 public:
  using ModelCell<T>::ModelCell;
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
    return Update(model::RmwOp::kExchange, ToValue(value), order, at);
  }
  T fetch_add(Difference n, Order order, Here at = Here::Current()) requires AdditiveValue<T> {
    return Update(Addition(), Summand(n), order, at);
  }
  T fetch_sub(Difference n, Order order, Here at = Here::Current()) requires AdditiveValue<T> {
    return Update(Addition(), Summand(Negative(n)), order, at);
  }
  T fetch_or(T n, Order order, Here at = Here::Current()) requires BitwiseValue<T> {
    return Update(model::RmwOp::kOr, ToValue(n), order, at);
  }
  T fetch_and(T n, Order order, Here at = Here::Current()) requires BitwiseValue<T> {
    return Update(model::RmwOp::kAnd, ToValue(n), order, at);
  }
  T fetch_xor(T n, Order order, Here at = Here::Current()) requires BitwiseValue<T> {
    return Update(model::RmwOp::kXor, ToValue(n), order, at);
  }

  bool compare_exchange_strong(T& expected, T desired, Order success, Order failure,
                               Here at = Here::Current()) {
    Require(IsLoadOrder(failure), kFailure, "relaxed, acquire or seq_cst", at);
    model::Label l = UpdateLabel(model::RmwOp::kExchange, ToValue(desired), success, at);
    l.cas = true;
    l.failure = ToModel(failure);
    l.expected = ToValue(expected);
    const model::Value old = Machine::Current().Perform(l);
    const bool done = old == l.expected;
    expected = FromValue<T>(old);
    return done;
  }
  bool compare_exchange_strong(T& expected, T desired, Order order, Here at = Here::Current()) {
    return compare_exchange_strong(expected, desired, order, FailureOrderOf(order), at);
  }
  /// May fail spuriously, then is no more than a load; see Machine::FailsSpuriously.
  bool compare_exchange_weak(T& expected, T desired, Order success, Order failure,
                             Here at = Here::Current()) {
    Require(IsLoadOrder(failure), kFailure, "relaxed, acquire or seq_cst", at);
    if (!Machine::Current().FailsSpuriously(this->location(), at))
      return compare_exchange_strong(expected, desired, success, failure, at);
    expected = this->Read(ToModel(failure), at);
    return false;
  }
  bool compare_exchange_weak(T& expected, T desired, Order order, Here at = Here::Current()) {
    return compare_exchange_weak(expected, desired, order, FailureOrderOf(order), at);
  }

  /// Returns once the value is not `old`, but may have to be notified to see it: waiters.h.
  void wait(T old, Order order, Here at = Here::Current()) const {
    const model::Value unwanted = ToValue(old);
    while (ToValue(load(order, at)) == unwanted && !Machine::Current().is_abandoning()) {
      if (!Machine::Current().in_thread())
        return Machine::Current().Fail(model::ErrorKind::kDeadlock,
                                       "a wait outside threads, where nobody can notify it", at);
      Waiters waiters(this->location(), at);
      waiters.Enter();
      if (ToValue(load(order, at)) != unwanted) return waiters.Leave();
      waiters.Sleep();
    }
  }
  void notify_one(Here at = Here::Current()) { Waiters(this->location(), at).NotifyOne(); }
  void notify_all(Here at = Here::Current()) { Waiters(this->location(), at).NotifyAll(); }

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
    model::Label l = this->MakeLabel(model::Kind::kRead, ToModel(order), at);
    return Await(l, test, what);
  }
  /// The same, and in one read-modify-write replaces it by `value`, or adds `n` to it.
  template <typename Test>
  T await_exchange(Test test, T value, Order order, const char* what, Here at = Here::Current()) {
    return Await(UpdateLabel(model::RmwOp::kExchange, ToValue(value), order, at), test, what);
  }
  template <typename Test>
  T await_fetch_add(Test test, Difference n, Order order, const char* what,
                    Here at = Here::Current()) requires AdditiveValue<T> {
    return Await(UpdateLabel(Addition(), Summand(n), order, at), test, what);
  }

  /// The same, but replaces only `expected`; another value for which `test` holds is just read.
  template <typename Test>
  T await_compare_exchange(Test test, T expected, T desired, Order order, const char* what,
                           Here at = Here::Current()) {
    model::Label l = UpdateLabel(model::RmwOp::kExchange, ToValue(desired), order, at);
    l.cas = true;
    l.failure = AtLeastAcquire(l.order) ? model::Order::kAcquire : model::Order::kRelaxed;
    l.expected = ToValue(expected);
    return Await(l, test, what);
  }

 private:
  static constexpr const char* kFailure = "the failure of a compare-exchange";

  // What is given up may have any order: nobody looks any more.
  void Require(bool allowed, const char* what, const char* use, Here at) const {
    Machine& m = Machine::Current();
    if (allowed || m.is_abandoning()) return;
    m.Fail(model::ErrorKind::kCheckFailed,
           "'" + m.LocationName(this->location()) + "': " + what +
               " cannot have this memory order; use " + use,
           at);
  }
  static constexpr model::RmwOp Addition() {
    if constexpr (std::is_floating_point_v<T>)
      return sizeof(T) == 4 ? model::RmwOp::kAddFloat : model::RmwOp::kAddDouble;
    return model::RmwOp::kAdd;
  }
  static model::Value Summand(Difference n) {
    if constexpr (std::is_pointer_v<T>)
      return static_cast<model::Value>(n) * sizeof(std::remove_pointer_t<T>);
    else
      return ToValue(n);
  }
  static Difference Negative(Difference n) {
    if constexpr (std::is_integral_v<Difference>)  // modulo 2^n: the least number has no negative
      return static_cast<Difference>(~static_cast<std::make_unsigned_t<Difference>>(n) + 1u);
    else
      return -n;
  }
  model::Label UpdateLabel(model::RmwOp op, model::Value operand, Order order, Here at) const {
    model::Label l = this->MakeLabel(model::Kind::kRead, ToModel(order), at);
    l.rmw = true;
    l.op = op;
    l.value = operand;
    return l;
  }
  T Update(model::RmwOp op, model::Value operand, Order order, Here at) {
    return FromValue<T>(Machine::Current().Perform(UpdateLabel(op, operand, order, at)));
  }
  template <typename Test>
  static T Await(model::Label l, Test test, const char* what) {
    // An explorer asks the test outside the machine, which alone knows the bytes of a wide value.
    static_assert(sizeof(T) <= 8, "16-byte atomics cannot be awaited: use wait, or spin_until");
    l.await = model::AwaitTest::Of([test](model::Value v) { return test(FromValue<T>(v)); });
    return FromValue<T>(Machine::Current().Await(l, what));
  }
};

class ModelAtomicFlag {
 public:
  using Here = SourceLocation;
  using Order = std::memory_order;

  explicit ModelAtomicFlag(const char* name, Here at = Here::Current()) : set_(false, name, at) {}

  bool test(Order order, Here at = Here::Current()) const { return set_.load(order, at); }
  bool test_and_set(Order order, Here at = Here::Current()) {
    return set_.exchange(true, order, at);
  }
  void clear(Order order, Here at = Here::Current()) { set_.store(false, order, at); }
  void wait(bool old, Order order, Here at = Here::Current()) const { set_.wait(old, order, at); }
  void notify_one(Here at = Here::Current()) { set_.notify_one(at); }
  void notify_all(Here at = Here::Current()) { set_.notify_all(at); }

 private:
  ModelAtomic<bool> set_;
};

}  // namespace heddle
