// Members of JSON objects that people, or a full disk, may have changed.
#pragma once

#include <concepts>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace heddle::cli {

/// What is wrong with the JSON, in words for who reads the file.
struct MalformedJson : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] void RefuseJson(const std::string& name, const std::string& must_be,
                             const nlohmann::json& value);

/// Throws MalformedJson if there is none.
const nlohmann::json& Member(const nlohmann::json& object, const std::string& key);

const nlohmann::json& ArrayMember(const nlohmann::json& object, const std::string& key);

/// A bool, text, a double or an integer.  Throws MalformedJson, which says `name`, if `value` is
/// something else, or too large.
template <typename T>
T ReadJson(const std::string& name, const nlohmann::json& value) {
  if constexpr (std::same_as<T, bool>) {
    if (!value.is_boolean()) RefuseJson(name, "true or false", value);
  } else if constexpr (std::same_as<T, std::string>) {
    if (!value.is_string()) RefuseJson(name, "text", value);
  } else if constexpr (std::floating_point<T>) {
    if (!value.is_number()) RefuseJson(name, "a number", value);
  } else if constexpr (std::unsigned_integral<T>) {
    if (!value.is_number_unsigned() || !std::in_range<T>(value.get<std::uint64_t>()))
      RefuseJson(name, "a natural number", value);
  } else {
    static_assert(std::same_as<T, std::int64_t>);
    if (!value.is_number_integer() ||
        (value.is_number_unsigned() && !std::in_range<T>(value.get<std::uint64_t>())))
      RefuseJson(name, "a whole number", value);
  }
  return value.get<T>();
}

template <typename T>
T Member(const nlohmann::json& object, const std::string& key) {
  return ReadJson<T>(key, Member(object, key));
}

}  // namespace heddle::cli
