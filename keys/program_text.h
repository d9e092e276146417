// Where are this program's StaticBranch sites, and how do they change while it runs?
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "keys/branch.h"

namespace heddle::keys {

/// One per process, for good: its threads execute the text to the end.
class ProgramText {
 public:
  /// Makes it at the first call.  Throws std::system_error if the system does not let the program
  /// write to its text.
  static ProgramText& Get();

  std::span<const KeySite> SitesOf(std::uint64_t key) const;

  /// Makes all sites of `key` jumps, or NOPs.  When it returns, every thread executes them so.
  /// Requires that they are not yet.  Thread-safe.  Throws std::logic_error if one of them
  /// holds something else, std::system_error if the system does not let it; then none is changed.
  void Switch(std::uint64_t key, bool on);

 private:
  class Patcher;  // of this architecture

  ProgramText();

  std::map<std::uint64_t, std::vector<KeySite>> sites_;
  Patcher* patcher_ = nullptr;  // none if there are no sites
};

}  // namespace heddle::keys
