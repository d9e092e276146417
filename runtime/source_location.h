// Where an operation stands in the source.  clang 14 lacks std::source_location.
#pragma once

namespace heddle {

struct SourceLocation {
  const char* file = "";
  int line = 0;

  static constexpr SourceLocation Current(const char* file = __builtin_FILE(),
                                          int line = __builtin_LINE()) {
    return {file, line};
  }
};

}  // namespace heddle
