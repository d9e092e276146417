// A failure as a GoogleTest, for those who mend it.
#pragma once

#include <string>

namespace heddle::cli {

/// A source file with one test, which fails until the failure that `token` replays is fixed
/// (runtime/check/regression.h).  `story` is what people read above it: lines of any text.
std::string TestSource(const std::string& token, const std::string& story);

}  // namespace heddle::cli
