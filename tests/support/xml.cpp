#include "tests/support/xml.h"

#include <cctype>

namespace heddle {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  XmlElement ReadDocument() {
    for (const char c : text_)
      if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r')
        Fail("a control character");
    SkipBlanks();
    if (Skip("<?xml") || Skip("<!DOCTYPE")) Until('>');
    SkipBlanks();
    XmlElement root = ReadElement();
    SkipBlanks();
    if (at_ != text_.size()) Fail("something after the root");
    return root;
  }

 private:
  [[noreturn]] void Fail(const std::string& why) const {
    throw NotWellFormed(why + " at byte " + std::to_string(at_) + ": " +
                        std::string(text_.substr(at_, 40)));
  }
  char Peek() const {
    if (at_ >= text_.size()) Fail("the text ends");
    return text_[at_];
  }
  bool Skip(std::string_view wanted) {
    if (!text_.substr(at_).starts_with(wanted)) return false;
    at_ += wanted.size();
    return true;
  }
  void Expect(std::string_view wanted) {
    if (!Skip(wanted)) Fail("no " + std::string(wanted));
  }
  void SkipBlanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  std::string Until(char end) {
    std::string found;
    while (Peek() != end) found += text_[at_++];
    ++at_;
    return found;
  }
  std::string ReadName() {
    std::string name;
    const auto part = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == ':';
    };
    while (part(Peek())) name += text_[at_++];
    if (name.empty()) Fail("no name");
    return name;
  }

  // What stands before `end`, which is '<' or '"', unescaped.
  std::string ReadText(char end) {
    std::string text;
    while (Peek() != end) {
      if (Peek() == '<') Fail("a raw <");
      if (Peek() != '&') {
        text += text_[at_++];
        continue;
      }
      ++at_;
      const std::string entity = Until(';');
      static const std::map<std::string, std::string> kKnown = {
          {"lt", "<"}, {"gt", ">"}, {"amp", "&"}, {"quot", "\""}};
      if (const auto known = kKnown.find(entity); known != kKnown.end()) {
        text += known->second;
      } else if (entity == "#9" || entity == "#10" || entity == "#13") {
        text += static_cast<char>(std::stoi(entity.substr(1)));
      } else {
        Fail("the entity '" + entity + "'");
      }
    }
    return text;
  }

  XmlElement ReadElement() {
    XmlElement element;
    Expect("<");
    element.name = ReadName();
    while (true) {
      const std::size_t before = at_;
      SkipBlanks();
      if (Skip("/>")) return element;
      if (Skip(">")) break;
      if (at_ == before) Fail("no blank between attributes");
      const std::string name = ReadName();
      Expect("=\"");
      if (!element.attributes.emplace(name, ReadText('"')).second) Fail("twice " + name);
      ++at_;
    }
    while (true) {
      element.text += ReadText('<');
      if (Skip("</")) break;
      element.children.push_back(ReadElement());
      element.text += element.children.back().text;
    }
    if (ReadName() != element.name) Fail("no end of " + element.name);
    Expect(">");
    return element;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

XmlElement ParseXml(std::string_view text) { return Reader(text).ReadDocument(); }

}  // namespace heddle
