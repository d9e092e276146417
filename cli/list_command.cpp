// heddle list
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/selection.h"
#include "model/memory_model.h"

namespace heddle::cli {

int List(const ListArguments& arguments) {
  const auto subjects = Select(arguments.glob, true);
  if (!arguments.json) {
    for (const Subject* s : subjects) {
      if (s->mutant.empty()) {
        fmt::print("{:<28} {} CPUs  {}\n", s->scenario, s->threads, s->what);
      } else {
        fmt::print("  {:<26}         {}\n", "/" + s->mutant, s->what);
      }
    }
    return kHolds;
  }
  nlohmann::json all = nlohmann::json::array();
  for (const Subject* s : subjects) {
    nlohmann::json j = {{"name", s->name()},
                        {"scenario", s->scenario},
                        {"mutant", s->mutant},
                        {"what", s->what},
                        {"cpus", s->threads}};
    for (const TrapDelivery d : s->deliveries) {
      j["traps"].push_back(Name(d));
      for (const model::MemoryModel* m : model::AllModels()) {
        const Verdict v = s->mutant.empty() ? Verdict{} : s->expected(m->name, d);
        j["expected"][std::string(m->name)] = v.error.empty() ? "holds" : v.error;
      }
    }
    all.push_back(j);
  }
  fmt::print("{}\n", all.dump(2));
  return kHolds;
}

}  // namespace heddle::cli
