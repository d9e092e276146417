// What is a cell in the model?  A location, and values of T as that location holds them.
#pragma once

#include <cstring>
#include <optional>
#include <string>

#include "runtime/events/label.h"
#include "runtime/model/machine.h"
#include "runtime/runtime.h"

namespace heddle {

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

  static model::Value ToValue(const T& t) {
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
  static T FromValue(model::Value v) {
    T t{};
    if constexpr (sizeof(T) == sizeof(WideValues::Bytes)) {
      const WideValues::Bytes bytes = Machine::Current().WideBytes(v);
      std::memcpy(static_cast<void*>(&t), bytes.data(), sizeof(T));
    } else {
      std::memcpy(static_cast<void*>(&t), &v, sizeof(T));
    }
    return t;
  }

  model::Label MakeLabel(model::Kind kind, model::Order order, SourceLocation at) const {
    model::Label l = events::MakeLabel(kind, order, at);
    l.bytes = sizeof(T);
    l.location = location_;
    return l;
  }
  T Do(const model::Label& label, const T& = T{}, const T& = T{}) const {
    return FromValue(Machine::Current().Perform(label));
  }
  T DoAwait(const model::Label& label, const char* what) const {
    return FromValue(Machine::Current().Await(label, what));
  }
  T Read(model::Order order, SourceLocation at) const {
    return Do(MakeLabel(model::Kind::kRead, order, at));
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
