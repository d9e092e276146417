// A strict reader of XML, for tests of what is written: anything not well-formed is an exception.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace heddle {

struct XmlElement {
  std::string name;
  std::map<std::string, std::string> attributes;  ///< unescaped
  std::vector<XmlElement> children;
  std::string text;  ///< unescaped, of this element and all in it, in order

  std::string Get(const std::string& attribute) const {
    const auto found = attributes.find(attribute);
    return found == attributes.end() ? "" : found->second;
  }
  /// Calls f for this element and all in it, in the order of the text.
  template <typename F>
  void ForEach(F f) const {
    f(*this);
    for (const XmlElement& child : children) child.ForEach(f);
  }
  /// All elements within that have the value.
  std::vector<XmlElement> With(const std::string& attribute, const std::string& value) const {
    std::vector<XmlElement> found;
    ForEach([&](const XmlElement& e) {
      if (e.Get(attribute) == value) found.push_back(e);
    });
    return found;
  }
  std::vector<XmlElement> Named(const std::string& wanted) const {
    std::vector<XmlElement> found;
    ForEach([&](const XmlElement& e) {
      if (e.name == wanted) found.push_back(e);
    });
    return found;
  }
};

struct NotWellFormed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A declaration, <?xml …?> or <!DOCTYPE …>, may come first.
XmlElement ParseXml(std::string_view text);

}  // namespace heddle
