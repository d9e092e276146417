// How do values travel between processes of one program?  As bytes, in the machine's own order.
//
// A type is described once, for both directions: wire(a, b, …) packs or unpacks its members; a
// class has  template <typename Wire> void Transfer(Wire& wire) { wire(a, b, …); }.
#pragma once

#include <cstring>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "model/explorer.h"

namespace heddle {

class Packer {
 public:
  template <typename... Ts>
  void operator()(Ts&... values) {
    (Put(values), ...);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  template <typename T>
  void Put(T& value) {
    if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
      bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    } else {
      value.Transfer(*this);
    }
  }
  void PutSize(std::size_t n) { Put(n); }
  void Put(model::SearchTask& task) { (*this)(task.path, task.floor); }
  void Put(std::string& text) {
    PutSize(text.size());
    bytes_ += text;
  }
  template <typename T>
  void Put(std::optional<T>& value) {
    PutSize(value ? 1 : 0);
    if (value) Put(*value);
  }
  template <typename T>
  void Put(std::vector<T>& items) {
    PutSize(items.size());
    for (T& item : items) Put(item);
  }
  template <typename K, typename V>
  void Put(std::map<K, V>& items) {
    PutSize(items.size());
    for (auto& [key, value] : items) {
      K copy = key;
      (*this)(copy, value);
    }
  }

  std::string bytes_;
};

/// Throws std::runtime_error if the bytes end too early: they were not packed by Packer.  They must
/// outlive it.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : bytes_(bytes) {}
  template <typename... Ts>
  void operator()(Ts&... values) {
    (Get(values), ...);
  }

 private:
  const char* Take(std::size_t n) {
    if (bytes_.size() - at_ < n) throw std::runtime_error("a message between processes is cut off");
    at_ += n;
    return bytes_.data() + (at_ - n);
  }
  template <typename T>
  void Get(T& value) {
    if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
      std::memcpy(&value, Take(sizeof value), sizeof value);
    } else {
      value.Transfer(*this);
    }
  }
  std::size_t GetSize() {
    std::size_t n = 0;
    Get(n);
    return n;
  }
  void Get(model::SearchTask& task) { (*this)(task.path, task.floor); }
  void Get(std::string& text) {
    const std::size_t n = GetSize();
    text.assign(Take(n), n);
  }
  template <typename T>
  void Get(std::optional<T>& value) {
    value.reset();
    if (GetSize() != 0) Get(value.emplace());
  }
  template <typename T>
  void Get(std::vector<T>& items) {
    items.clear();
    for (std::size_t n = GetSize(); n > 0; --n) Get(items.emplace_back());
  }
  template <typename K, typename V>
  void Get(std::map<K, V>& items) {
    items.clear();
    for (std::size_t n = GetSize(); n > 0; --n) {
      K key;
      V value;
      (*this)(key, value);
      items.emplace_hint(items.end(), std::move(key), std::move(value));
    }
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace heddle
