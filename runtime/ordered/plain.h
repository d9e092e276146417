// What is an ordinary variable on threads that play a schedule?  One, with a name.
#pragma once

#include <bit>
#include <cstring>
#include <type_traits>

#include "runtime/events/label.h"
#include "runtime/ordered/player.h"

namespace heddle::ordered {

/// A value of T in memory of its own, and its operations.
template <CellValue T>
class Variable {
 public:
  Variable(T initial, const char* name, SourceLocation at = SourceLocation::Current())
      : Variable(name) {
    const model::Value v = ToValue(initial);
    Wide wide;
    if constexpr (sizeof(T) == 16) wide.operand = ToBytes(initial);
    Player::Current().NewCell(cell_, &v, at, sizeof(T) == 16 ? &wide : nullptr);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 protected:
  explicit Variable(const char* name) {
    cell_ = {.name = name,
             .storage = &value_,
             .bytes = sizeof(T),
             .holds_pointer = std::is_pointer_v<T>};
  }
  Cell& cell() const { return cell_; }
  static Wide::Bytes ToBytes(const T& t) {
    Wide::Bytes bytes{};
    std::memcpy(bytes.data(), &t, sizeof(T));
    return bytes;
  }
  static model::Value ToValue(const T& t) {
    if constexpr (sizeof(T) == 16) {
      return HashOf(ToBytes(t));
    } else {
      model::Value v = 0;
      std::memcpy(&v, &t, sizeof(T));
      return v;
    }
  }
  static T FromValue(model::Value v) {
    T t{};
    std::memcpy(static_cast<void*>(&t), &v, sizeof(T) < 8 ? sizeof(T) : 8);
    return t;
  }
  static model::Label MakeLabel(model::Kind kind, model::Order order, SourceLocation at) {
    model::Label l = events::MakeLabel(kind, order, at);
    l.bytes = sizeof(T);
    return l;
  }
  T Do(const model::Label& label, const T& operand = T{}, const T& expected = T{}) const {
    if constexpr (sizeof(T) == 16) {
      Wide wide{.operand = ToBytes(operand), .expected = ToBytes(expected)};
      Player::Current().Perform(label, &cell_, &wide);
      T t;
      std::memcpy(static_cast<void*>(&t), wide.read.data(), sizeof(T));
      return t;
    } else {
      return FromValue(Player::Current().Perform(label, &cell_));
    }
  }
  T DoAwait(const model::Label& label, const char* what) const {
    return FromValue(Player::Current().Await(label, &cell_, what));
  }
  T Read(model::Order order, SourceLocation at) const {
    return Do(MakeLabel(model::Kind::kRead, order, at));
  }
  void Write(T value, model::Order order, SourceLocation at) {
    model::Label l = MakeLabel(model::Kind::kWrite, order, at);
    l.value = ToValue(value);
    Do(l, value);
  }

 private:
  alignas(std::bit_ceil(sizeof(T))) T value_;
  mutable Cell cell_;
};

template <CellValue T>
class Plain : public Variable<T> {
 public:
  using Variable<T>::Variable;
  Plain(Uninitialised, const char* name, SourceLocation at = SourceLocation::Current())
      : Variable<T>(name) {
    Player::Current().NewCell(this->cell(), nullptr, at);
  }
  T load(SourceLocation at = SourceLocation::Current()) const {
    return this->Read(model::Order::kPlain, at);
  }
  void store(T value, SourceLocation at = SourceLocation::Current()) {
    this->Write(value, model::Order::kPlain, at);
  }
};

}  // namespace heddle::ordered
