#include "cli/ordered_catalog.h"

#include <map>
#include <utility>

namespace heddle::cli {
namespace {

// In a function: objects that register may be made before any variable here.
std::vector<ListOrdered>& Lists() {
  static std::vector<ListOrdered> lists;
  return lists;
}

}  // namespace

RegisterOrdered::RegisterOrdered(ListOrdered list) { Lists().push_back(list); }

const OrderedSubject* FindOrdered(const std::string& scenario, const std::string& mutant) {
  static const auto all = [] {
    std::map<std::pair<std::string, std::string>, OrderedSubject> subjects;
    for (const ListOrdered list : Lists())
      for (OrderedSubject& s : list()) subjects.emplace(std::pair(s.scenario, s.mutant), s);
    return subjects;
  }();
  const auto found = all.find({scenario, mutant});
  return found == all.end() ? nullptr : &found->second;
}

}  // namespace heddle::cli
