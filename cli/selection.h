// Which scenarios a GLOB means, and output files that are checked before the work starts.
#pragma once

#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
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

/// Options that name files: no two may name the same one.
inline void RefuseSameOutput(
    const std::vector<std::pair<std::string, std::string>>& options_and_files) {
  for (std::size_t i = 0; i < options_and_files.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const auto& [option, file] = options_and_files[i];
      const auto& [other, other_file] = options_and_files[j];
      if (!file.empty() && file == other_file)
        throw std::invalid_argument(other + " and " + option + " cannot both write to '" + file +
                                    "'; name two files");
    }
}

/// A file for results, opened at once so that a mistake costs no run.  "" writes nothing.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path) : path_(path) {
    if (path.empty() || path == "-") return;
    file_.open(path);
    if (!file_)
      throw std::invalid_argument("cannot write '" + path +
                                  "'; name a file in a directory that exists and is writable");
  }
  bool wanted() const { return !path_.empty(); }
  bool is_stdout() const { return path_ == "-"; }
  void Write(const std::string& text) {
    if (path_.empty()) return;
    std::ostream& out = is_stdout() ? std::cout : file_;
    out << text << '\n';
    out.flush();
    if (!out) throw std::invalid_argument("cannot write '" + path_ + "': is the disk full?");
  }

 private:
  std::string path_;
  std::ofstream file_;
};

}  // namespace heddle::cli
