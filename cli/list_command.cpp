// heddle list
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/selection.h"
#include "model/memory_model.h"
#include "stress/result_json.h"

namespace heddle::cli {
namespace {

// " (alike: CPUs 1, 2)": those that --symmetry does not tell apart.
std::string AlikeText(const Subject& s) {
  std::string text;
  for (std::size_t i = 0; i < s.alike.size(); ++i) {
    if (std::count(s.alike.begin(), s.alike.end(), s.alike[i]) == 1) continue;
    text += (text.empty() ? " (alike: CPUs " : ", ") + std::to_string(i);
  }
  return text.empty() ? text : text + ")";
}

}  // namespace

int List(const ListArguments& arguments) {
  const auto subjects = Select(arguments.glob, true);
  if (!arguments.json) {
    for (const Subject* s : subjects) {
      if (s->mutant.empty()) {
        Print("{:<28} {} CPUs  {}{}\n", s->scenario, s->threads, s->what, AlikeText(*s));
      } else {
        Print("  {:<26}         {}\n", "/" + s->mutant, s->what);
      }
    }
    return kHolds;
  }
  nlohmann::json all = nlohmann::json::array();
  for (const Subject* s : subjects) {
    nlohmann::json j = {{"name", s->name()}, {"scenario", s->scenario}, {"mutant", s->mutant},
                        {"what", s->what},   {"source", s->source},     {"cpus", s->threads}};
    if (s->museum != 0) j["museum"] = s->museum;
    if (!s->alike.empty()) j["alike"] = s->alike;
    for (const TrapDelivery d : s->deliveries) {
      j["traps"].push_back(Name(d));
      for (const model::MemoryModel* m : UsualModels(*s)) {
        const Verdict v = s->mutant.empty() ? Verdict{} : s->expected(m->name, d);
        j["expected"][std::string(m->name)] = v.error.empty() ? "holds" : v.error;
        if (!v.why.empty()) j["why"][std::string(m->name)] = v.why;
      }
    }
    all.push_back(j);
  }
  PrintText(stress::Dump(all, 2) + "\n");
  return kHolds;
}

}  // namespace heddle::cli
