// What is a cell in the model?  A location, and values of T as that location holds them.
#pragma once

#include <cstring>
#include <optional>
#include <string>

#include "runtime/model/machine.h"
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
  if constexpr (sizeof(T) == sizeof(WideValues::Bytes)) {
    WideValues::Bytes bytes;
    std::memcpy(bytes.data(), &t, sizeof(T));
    return Machine::Current().WideValue(bytes);
  } else {
    model::Value v = 0;
    std::memcpy(&v, &t, sizeof(T));
    return v;
  }
}

template <CellValue T>
T FromValue(model::Value v) {
  T t{};
  if constexpr (sizeof(T) == sizeof(WideValues::Bytes)) {
    const WideValues::Bytes bytes = Machine::Current().WideBytes(v);
    std::memcpy(static_cast<void*>(&t), bytes.data(), sizeof(T));
  } else {
    std::memcpy(static_cast<void*>(&t), &v, sizeof(T));
  }
  return t;
}

template <CellValue T>
class ModelCell {
 public:
  ModelCell(T initial, const char* name, SourceLocation at = SourceLocation::Current())
      : location_(Machine::Current().NewCell(name, ToValue(initial), at, sizeof(T))) {}
  ModelCell(const ModelCell&) = delete;
  ModelCell& operator=(const ModelCell&) = delete;

  /// See Rt::names_threads.
  void SetNamesThreads() { Machine::Current().SetNamesThreads(location_); }

 protected:
  ModelCell(std::nullopt_t, const char* name, SourceLocation at)
      : location_(Machine::Current().NewCell(name, std::nullopt, at, sizeof(T))) {}
  model::Location location() const { return location_; }
  model::Label MakeLabel(model::Kind kind, model::Order order, SourceLocation at) const {
    model::Label l{.kind = kind, .order = order, .bytes = sizeof(T), .location = location_};
    l.file = at.file;
    l.line = at.line;
    return l;
  }
  T Read(model::Order order, SourceLocation at) const {
    return FromValue<T>(Machine::Current().Perform(MakeLabel(model::Kind::kRead, order, at)));
  }
  void Write(T value, model::Order order, SourceLocation at) {
    model::Label l = MakeLabel(model::Kind::kWrite, order, at);
    l.value = ToValue(value);
    Machine::Current().Perform(l);
  }

 private:
  model::Location location_;
};

}  // namespace heddle
