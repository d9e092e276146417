// Pictures within a page: shapes at whole pixels.  Colours come from style sheets, by class; where
// those are refused, a picture is lines and black text.
#pragma once

#include <string>
#include <string_view>

#include "report/markup.h"

namespace heddle::report {

/// The picture, which scrolls in a box of its own if it is too wide.  `title` is for those who do
/// not see it.
Markup Picture(int width, int height, std::string_view title, const Markup& shapes);

Markup SvgText(int x, int y, const std::string& class_name, std::string_view text);
Markup SvgLine(int x1, int y1, int x2, int y2, const std::string& class_name);
Markup SvgBox(int x, int y, int width, int height, const std::string& class_name);
/// `d` as in SVG's path, with more in the same group: a title, a label.
Markup SvgPath(const std::string& d, const std::string& class_name, const Markup& more = {});

}  // namespace heddle::report
