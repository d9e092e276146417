// Which scenarios does a GLOB mean?
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "runtime/check/subject.h"

namespace heddle::cli {

/// A glob without '/' selects scenarios, with all their mutants if `mutants`; one with '/' selects
/// SCENARIO/MUTANT.  Throws std::invalid_argument if nothing matches.
inline std::vector<const Subject*> Select(const std::string& glob, bool mutants) {
  std::vector<const Subject*> selected;
  const bool full = glob.find('/') != std::string::npos;
  for (const Subject& s : AllSubjects()) {
    if (full ? MatchesGlob(glob, s.name())
             : MatchesGlob(glob, s.scenario) && (mutants || s.mutant.empty()))
      selected.push_back(&s);
  }
  if (selected.empty())
    throw std::invalid_argument("no scenario matches '" + glob + "'; heddle list shows them all");
  return selected;
}

}  // namespace heddle::cli
