#include "tests/support/litmus_text.h"

#include <set>

namespace heddle::model {

std::vector<std::string> Tokens(const std::string& text) {
  static const std::vector<std::string> kLong{"/\\", "\\/", "==", "!=", "&&", "||"};
  const auto is_word = [](char c) { return std::isalnum(c) != 0 || c == '_'; };
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < text.size();) {
    if (std::isspace(text[i]) != 0) {
      ++i;
    } else if (text.compare(i, 2, "(*") == 0 && !(i + 2 < text.size() && is_word(text[i + 2]))) {
      i = std::min(text.find("*)", i), text.size() - 2) + 2;
    } else if (text.compare(i, 2, "//") == 0) {
      i = std::min(text.find('\n', i), text.size());
    } else if (is_word(text[i])) {
      const std::size_t start = i;
      while (i < text.size() && is_word(text[i])) ++i;
      tokens.push_back(text.substr(start, i - start));
    } else {
      const auto match = std::ranges::find_if(
          kLong, [&](const std::string& op) { return text.compare(i, op.size(), op) == 0; });
      tokens.push_back(match != kLong.end() ? *match : text.substr(i, 1));
      i += tokens.back().size();
    }
  }
  return tokens;
}

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

void ReadInitial(const std::string& text, LitmusFile& file,
                 const std::function<void(std::size_t, const std::string&, Value)>& set_register) {
  static const std::set<std::string> kTypes{"int", "atomic_int", "int32_t", "int64_t",
                                            "__int128_t"};
  TokenReader reader(text);
  while (!reader.AtEnd()) {
    if (reader.TakeIf(";")) continue;
    if (kTypes.contains(reader.Peek())) reader.Take();
    const bool bracket = reader.TakeIf("[");
    std::string name = reader.Take();
    if (bracket) reader.Expect("]");
    if (reader.TakeIf(":")) {
      if (name[0] == 'P') name.erase(0, 1);
      const std::size_t thread = std::stoul(name);
      const std::string reg = reader.Take();
      reader.Expect("=");
      set_register(thread, reg, reader.Number());
      continue;
    }
    const Location location = file.LocationOf(name);
    if (reader.TakeIf("=")) file.initial[static_cast<std::size_t>(location)] = reader.Number();
    if (!reader.AtEnd()) reader.Expect(";");
  }
}

}  // namespace heddle::model
