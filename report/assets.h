// What the frame of all pages holds beside markup.
#pragma once

#include <string_view>

namespace heddle::report {

extern const std::string_view kStyle, kScript;

}  // namespace heddle::report
