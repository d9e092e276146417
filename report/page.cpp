#include "report/page.h"

#include <cctype>

#include "report/assets.h"

namespace heddle::report {
namespace {

std::string ClassOf(Tone tone) {
  switch (tone) {
    case Tone::kGood:
      return "good";
    case Tone::kBad:
      return "bad";
    case Tone::kUnsure:
      return "unsure";
    case Tone::kQuiet:
      break;
  }
  return "quiet";
}

// Nothing is loaded, from wherever the page is opened.
constexpr const char* kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'";

std::string LowerCase(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

Markup Meta(const std::string& key, const std::string& name, const std::string& content) {
  return Element("meta", {{key, name}, {"content", content}});
}

}  // namespace

std::string Render(const Page& page) {
  const Markup head = Element("meta", {{"charset", "utf-8"}}) +
                      Meta("http-equiv", "Content-Security-Policy", kPolicy) +
                      Meta("name", "viewport", "width=device-width, initial-scale=1") +
                      Meta("name", "color-scheme", "light dark") +
                      Element("title", {}, page.title) +
                      Element("style", Verbatim(std::string(kStyle) + page.style));
  const Markup body = Element("main", page.body) + Element("footer", {}, page.footer) +
                      Element("script", Verbatim(kScript));
  return "<!DOCTYPE html>\n" +
         Element("html", {{"lang", "en"}}, Element("head", head) + Element("body", body)).text();
}

Markup Sign(Tone tone) {
  const char* sign = tone == Tone::kGood     ? "✓"
                     : tone == Tone::kBad    ? "✗"
                     : tone == Tone::kUnsure ? "?"
                                             : "";
  const char* name = tone == Tone::kGood     ? "good"
                     : tone == Tone::kBad    ? "bad"
                     : tone == Tone::kUnsure ? "undecided"
                                             : "";
  return Element("span",
                 {{"class", "sign " + ClassOf(tone)}, {"role", "img"}, {"aria-label", name}}, sign);
}

Markup Banner(Tone tone, std::string_view verdict, const Markup& more) {
  return Element("header", {{"class", "banner " + ClassOf(tone)}},
                 Sign(tone) + Element("div", Element("h1", {}, verdict) + more));
}

Markup Figure(Tone tone, std::uint64_t number, std::string_view name) {
  return Element("span", {{"class", "figure " + ClassOf(number == 0 ? Tone::kQuiet : tone)}},
                 Element("b", {}, Grouped(number)) + Text(" ") + Text(name)) +
         Text(" ");
}

Markup Badge(Tone tone, std::string_view text) {
  return Element("span", {{"class", "badge " + ClassOf(tone)}}, text);
}

Markup Fold(const Row& row) {
  Attributes attributes = {{"class", row.kind}};
  if (!row.id.empty()) attributes.emplace_back("id", row.id);
  if (!row.state.empty()) attributes.emplace_back("data-state", row.state);
  if (!row.find.empty()) attributes.emplace_back("data-find", LowerCase(row.find));
  if (row.open) attributes.emplace_back("open", "open");
  return Element("details", attributes,
                 Element("summary", {{"class", "columns"}}, row.cells) +
                     Element("div", {{"class", "content"}}, row.content)) +
         Text("\n");
}

Markup Cell(std::string_view class_name, const Markup& content) {
  return Element("span", {{"class", std::string(class_name)}}, content) + Text(" ");
}

Markup Filter(std::size_t rows, const std::vector<FilterState>& states) {
  Markup form = Element("input", {{"type", "search"},
                                  {"placeholder", "Filter by name, verdict…"},
                                  {"aria-label", "Show only rows with these words"}});
  const auto button = [&](const std::string& key, const std::string& name, std::size_t count) {
    if (count == 0) return;
    form += Element(
        "button",
        {{"type", "button"}, {"data-show", key}, {"aria-pressed", key.empty() ? "true" : "false"}},
        Text(name + " ") + Element("b", {}, Grouped(count)));
  };
  button("", "All", rows);
  for (const FilterState& s : states) button(s.key, s.name, s.rows);
  form += Element("button", {{"type", "button"}, {"data-unfold", ""}}, "Unfold all");
  form += Element("span", {{"class", "none"}, {"role", "status"}});
  return Element("div", {{"class", "filter"}, {"hidden", "hidden"}}, form);
}

Markup Table(const std::vector<std::string>& head, const std::vector<std::vector<Markup>>& rows,
             const std::vector<bool>& numbers) {
  const auto cell = [&](const char* name, std::size_t column, const Markup& content) {
    return Element(name, numbers[column] ? Attributes{{"class", "number"}} : Attributes{}, content);
  };
  Markup titles, body;
  for (std::size_t i = 0; i < head.size(); ++i) titles += cell("th", i, Text(head[i]));
  for (const auto& row : rows) {
    Markup cells;
    for (std::size_t i = 0; i < row.size(); ++i) cells += cell("td", i, row[i]);
    body += Element("tr", cells);
  }
  return Element(
      "div", {{"class", "scroll"}},
      Element("table", Element("thead", Element("tr", titles)) + Element("tbody", body)));
}

Markup Command(std::string_view command) {
  return Element("div", {{"class", "command"}}, Element("code", {}, command));
}

std::string Grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t i = text.size(); i > 3;) text.insert(i -= 3, ",");
  return text;
}

}  // namespace heddle::report
