// The model backend of the runtime concept: every operation is an event of an execution graph.
// runtime/runtime.h documents the operations.
#pragma once

#include <bit>
#include <cstring>
#include <utility>

#include "runtime/model/machine.h"
#include "runtime/model/text.h"
#include "runtime/runtime.h"

namespace heddle {

constexpr model::Order ToModel(std::memory_order order) {
  switch (order) {
    case std::memory_order_relaxed:
      return model::Order::kRelaxed;
    case std::memory_order_consume:
    case std::memory_order_acquire:
      return model::Order::kAcquire;
    case std::memory_order_release:
      return model::Order::kRelease;
    case std::memory_order_acq_rel:
      return model::Order::kAcqRel;
    case std::memory_order_seq_cst:
      return model::Order::kSeqCst;
  }
  return model::Order::kSeqCst;
}

template <CellValue T>
model::Value ToValue(const T& t) {
  model::Value v = 0;
  std::memcpy(&v, &t, sizeof(T));
  return v;
}

template <CellValue T>
T FromValue(model::Value v) {
  T t{};
  std::memcpy(static_cast<void*>(&t), &v, sizeof(T));
  return t;
}

template <CellValue T>
class ModelCell {
 public:
  ModelCell(T initial, const char* name, SourceLocation at = SourceLocation::Current())
      : location_(Machine::Current().NewCell(name, ToValue(initial), at)) {}
  ModelCell(const ModelCell&) = delete;
  ModelCell& operator=(const ModelCell&) = delete;

 protected:
  model::Label MakeLabel(model::Order order, SourceLocation at) const {
    model::Label l{.order = order, .location = location_};
    l.file = at.file;
    l.line = at.line;
    return l;
  }
  T Read(model::Order order, SourceLocation at) const {
    model::Label l = MakeLabel(order, at);
    l.kind = model::Kind::kRead;
    return FromValue<T>(Machine::Current().Perform(l));
  }
  void Write(T value, model::Order order, SourceLocation at) {
    model::Label l = MakeLabel(order, at);
    l.kind = model::Kind::kWrite;
    l.value = ToValue(value);
    Machine::Current().Perform(l);
  }

 private:
  model::Location location_;
};

template <CellValue T>
class ModelAtomic : public ModelCell<T> {
 public:
  using ModelCell<T>::ModelCell;
  using Here = SourceLocation;

  T load(std::memory_order order, Here at = Here::Current()) const {
    return this->Read(ToModel(order), at);
  }
  void store(T value, std::memory_order order, Here at = Here::Current()) {
    this->Write(value, ToModel(order), at);
  }
  T exchange(T value, std::memory_order order, Here at = Here::Current()) {
    return Update(order, at, [&](T) { return value; });
  }
  T fetch_add(T n, std::memory_order order, Here at = Here::Current()) {
    return Update(order, at, [&](T old) { return static_cast<T>(old + n); });
  }
  T fetch_sub(T n, std::memory_order order, Here at = Here::Current()) {
    return Update(order, at, [&](T old) { return static_cast<T>(old - n); });
  }
  T fetch_or(T n, std::memory_order order, Here at = Here::Current()) {
    return Update(order, at, [&](T old) { return static_cast<T>(old | n); });
  }
  T fetch_and(T n, std::memory_order order, Here at = Here::Current()) {
    return Update(order, at, [&](T old) { return static_cast<T>(old & n); });
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                               std::memory_order failure, Here at = Here::Current()) {
    model::Label l = this->MakeLabel(ToModel(success), at);
    l.failure = ToModel(failure);
    l.expected = ToValue(expected);
    const model::Value old = Machine::Current().CompareExchange(l, ToValue(desired));
    const bool done = old == ToValue(expected);
    expected = FromValue<T>(old);
    return done;
  }

 private:
  template <typename F>
  T Update(std::memory_order order, Here at, F f) {
    return FromValue<T>(Machine::Current().ReadModifyWrite(
        this->MakeLabel(ToModel(order), at),
        [&](model::Value v) { return ToValue(f(FromValue<T>(v))); }));
  }
};

template <CellValue T>
class ModelPlain : public ModelCell<T> {
 public:
  using ModelCell<T>::ModelCell;

  T load(SourceLocation at = SourceLocation::Current()) const {
    return this->Read(model::Order::kPlain, at);
  }
  void store(T value, SourceLocation at = SourceLocation::Current()) {
    this->Write(value, model::Order::kPlain, at);
  }
};

struct ModelRuntime {
  template <CellValue T>
  using Atomic = ModelAtomic<T>;
  template <CellValue T>
  using Plain = ModelPlain<T>;
  using CodeRegion = ModelCodeRegion;
  using Here = SourceLocation;

  static void fence(std::memory_order order, Here at = Here::Current()) {
    if (!Machine::Current().in_thread()) return;
    model::Label l{.kind = model::Kind::kFence, .order = ToModel(order)};
    l.file = at.file;
    l.line = at.line;
    Machine::Current().Perform(l);
  }

  template <typename T, typename... Args>
  static T* make(Args&&... args) {
    Machine& m = Machine::Current();
    T* const p = new (m.Allocate(sizeof(T), alignof(T))) T(std::forward<Args>(args)...);
    m.EndAllocation(p);
    return p;
  }
  template <typename T>
  static void destroy(T* p, Here at = Here::Current()) {
    if (p == nullptr) return;
    p->~T();  // may still use its cells
    Machine::Current().Free(const_cast<std::remove_cv_t<T>*>(p), at);
  }

  template <typename Pred>
  static void spin_until(Pred pred, const char* what, Here at = Here::Current()) {
    Machine::Current().SpinUntil(pred, what, at);
  }
  static void check(bool condition, const char* why, Here at = Here::Current()) {
    if (!condition) Machine::Current().Fail(model::ErrorKind::kCheckFailed, why, at);
  }
  static void observe(Observation& o, std::int64_t value) { Machine::Current().Observe(o, value); }
  static int choose(int n, Here at = Here::Current()) {
    if (n < 1)
      Machine::Current().Fail(model::ErrorKind::kCheckFailed, "choose(n) needs n >= 1", at);
    model::Label l{.kind = model::Kind::kChoice, .value = static_cast<model::Value>(n)};
    l.file = at.file;
    l.line = at.line;
    return static_cast<int>(Machine::Current().Perform(l));
  }
  static bool again(int round, int bound) { return round < bound; }

  static void write_code(CodeRegion& text, std::size_t offset, std::span<const std::uint8_t> bytes,
                         Here at = Here::Current()) {
    text.Write(offset, bytes, at);
  }
  static std::uint8_t read_code(CodeRegion& text, std::size_t offset, Here at = Here::Current()) {
    return text.Read(offset, at);
  }
  static void declare_instruction(CodeRegion& text, std::size_t offset,
                                  std::span<const std::uint8_t> bytes) {
    text.Declare(offset, bytes);
  }
  static void sync_core_all(Here at = Here::Current()) { Machine::Current().text().SyncAll(at); }
  static void set_trap_handler(TrapHandler handler, void* context) {
    Machine::Current().text().SetTrapHandler(handler, context);
  }
  static std::uint32_t call(CodeRegion& text, std::size_t offset, Here at = Here::Current()) {
    return Machine::Current().text().Call(text, offset, at);
  }
};

static_assert(Runtime<ModelRuntime>);

}  // namespace heddle
