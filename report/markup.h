// What is text, and what is markup?  The types keep them apart, so that nothing is escaped twice,
// or not at all.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::report {

/// Well-formed HTML, SVG or XML: elements and escaped text.
class Markup {
 public:
  Markup() = default;
  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }
  Markup& operator+=(const Markup& more) {
    text_ += more.text_;
    return *this;
  }
  friend Markup operator+(Markup a, const Markup& b) { return std::move(a += b); }

 private:
  static Markup Of(std::string text) {
    Markup markup;
    markup.text_ = std::move(text);
    return markup;
  }
  friend Markup Text(std::string_view text);
  friend Markup Element(std::string_view, const std::vector<std::pair<std::string, std::string>>&,
                        const Markup&);
  friend Markup Verbatim(std::string_view markup);

  std::string text_;
};

using Attributes = std::vector<std::pair<std::string, std::string>>;

/// Any text.  What XML 1.0 has no place for (control characters, bytes that are not UTF-8) becomes
/// U+FFFD.
Markup Text(std::string_view text);

/// `name` and the attributes' names are written as they are; the attributes' values are any text.
/// An attribute of the value "" is written, too.  HTML needs the end tags that XML may leave out,
/// so they are there.
Markup Element(std::string_view name, const Attributes& attributes, const Markup& content = {});
inline Markup Element(std::string_view name, const Markup& content = {}) {
  return Element(name, {}, content);
}
inline Markup Element(std::string_view name, const Attributes& attributes, std::string_view text) {
  return Element(name, attributes, Text(text));
}

/// Our own style sheets and scripts, which hold no `<` and no `&`.  Throws std::logic_error if they
/// do.
Markup Verbatim(std::string_view markup);

}  // namespace heddle::report
