#include "report/svg.h"

namespace heddle::report {
namespace {

std::pair<std::string, std::string> Number(const char* name, int value) {
  return {name, std::to_string(value)};
}

}  // namespace

Markup Picture(int width, int height, std::string_view title, const Markup& shapes) {
  const std::string size = std::to_string(width) + " " + std::to_string(height);
  return Element("div", {{"class", "scroll picture"}, {"tabindex", "0"}},
                 Element("svg",
                         {Number("width", width),
                          Number("height", height),
                          {"viewBox", "0 0 " + size},
                          {"role", "img"}},
                         Element("title", {}, title) + shapes));
}

Markup SvgText(int x, int y, const std::string& class_name, std::string_view text) {
  return Element("text", {Number("x", x), Number("y", y), {"class", class_name}}, text);
}

Markup SvgLine(int x1, int y1, int x2, int y2, const std::string& class_name) {
  return Element("line", {Number("x1", x1),
                          Number("y1", y1),
                          Number("x2", x2),
                          Number("y2", y2),
                          {"class", class_name}});
}

Markup SvgBox(int x, int y, int width, int height, const std::string& class_name) {
  return Element("rect", {Number("x", x),
                          Number("y", y),
                          Number("width", width),
                          Number("height", height),
                          {"rx", "6"},
                          {"fill", "none"},
                          {"stroke", "currentColor"},
                          {"class", class_name}});
}

Markup SvgPath(const std::string& d, const std::string& class_name, const Markup& more) {
  return Element("g", {{"class", class_name}, {"fill", "none"}, {"stroke", "currentColor"}},
                 Element("path", {{"d", d}}) + more);
}

}  // namespace heddle::report
