#include "runtime/check/registry.h"

#include <iterator>
#include <set>
#include <stdexcept>
#include <string>

#include "runtime/check/exit_guard.h"

namespace heddle {
namespace {

// In a function: objects that register may be made before any variable here.
std::vector<DescribeSubjects>& Registered() {
  static std::vector<DescribeSubjects> registered;
  return registered;
}

}  // namespace

RegisterSubjects::RegisterSubjects(DescribeSubjects describe) { Registered().push_back(describe); }

void RefuseBadCatalog(const std::vector<Subject>& subjects) {
  if (subjects.empty())
    throw std::invalid_argument(
        "this program has no scenarios; a source of it needs an object of type "
        "heddle::Register<heddle::TypeList<…>> (cli/register.h)");
  std::set<std::string> names;
  for (const Subject& s : subjects)
    if (!names.insert(s.name()).second)
      throw std::invalid_argument("this program has two scenarios or mutants named '" + s.name() +
                                  "'; change one's kName, or register it once");
}

const std::vector<Subject>& AllSubjects() {
  static const std::vector<Subject> all = [] {
    const ExitGuard guard("a scenario's set-up");
    std::vector<Subject> subjects;
    for (const DescribeSubjects describe : Registered()) {
      auto part = describe();
      subjects.insert(subjects.end(), std::move_iterator(part.begin()),
                      std::move_iterator(part.end()));
    }
    RefuseBadCatalog(subjects);
    return subjects;
  }();
  return all;
}

}  // namespace heddle
