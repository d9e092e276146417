#include "cli/json_member.h"

namespace heddle::cli {

void RefuseJson(const std::string& name, const std::string& must_be, const nlohmann::json& value) {
  // The whole file could be there.
  const std::string instead = value.is_structured() ? value.type_name() : value.dump();
  throw MalformedJson("'" + name + "' must be " + must_be + ", not " + instead);
}

const nlohmann::json& Member(const nlohmann::json& object, const std::string& key) {
  if (!object.is_object()) throw MalformedJson("what should hold '" + key + "' is not an object");
  const auto member = object.find(key);
  if (member == object.end()) throw MalformedJson("'" + key + "' is missing");
  return *member;
}

const nlohmann::json& ArrayMember(const nlohmann::json& object, const std::string& key) {
  const nlohmann::json& value = Member(object, key);
  if (!value.is_array()) RefuseJson(key, "an array", value);
  return value;
}

}  // namespace heddle::cli
