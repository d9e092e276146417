#include "cli/check_plan.h"

#include <algorithm>
#include <random>
#include <stdexcept>

#include "cli/duration.h"
#include "cli/quantities.h"
#include "cli/selection.h"

namespace heddle::cli {
namespace {

void RefuseWithStrategy(const CheckArguments& a, const std::string& strategy) {
  const auto refuse = [&](const std::string& option, const std::string& why) {
    throw std::invalid_argument(option + " does not go with " + strategy + ": " + why);
  };
  if (!a.shard.empty())
    refuse("--shard '" + a.shard + "'", a.random != 0 ? "give each machine a --seed of its own"
                                                      : "this search is not divisible");
  if (!a.checkpoint_file.empty())
    refuse("--checkpoint '" + a.checkpoint_file + "'",
           a.random != 0 ? "go on with another --seed" : "this search cannot be saved");
  if (!a.stress.empty())
    refuse("--stress '" + a.stress + "'", "native runs are compared with complete searches");
  if (a.symmetry) refuse("--symmetry", "it is a reduction of the search of everything");
  if (a.preemptions && a.workers != 1)
    refuse("--workers " + std::to_string(a.workers), "this search is not divisible");
}

Strategy ParseStrategy(const CheckArguments& a) {
  Strategy strategy;
  if (a.random == 0 && a.pct != 0)
    throw std::invalid_argument("--pct " + std::to_string(a.pct) +
                                " needs to know how many executions: give --random N, too");
  if (a.random == 0 && a.seed)
    throw std::invalid_argument("--seed " + std::to_string(*a.seed) +
                                " is for random executions: give --random N, too");
  if (a.random != 0 && a.preemptions)
    throw std::invalid_argument("--random " + std::to_string(a.random) + " and --preemptions " +
                                std::to_string(*a.preemptions) + " are two searches; choose one");
  if (a.preemptions) {
    strategy.kind = Strategy::Kind::kPreemptions;
    strategy.preemptions = *a.preemptions;
    RefuseWithStrategy(a, "--preemptions " + std::to_string(*a.preemptions));
  } else if (a.random != 0) {
    strategy.kind = Strategy::Kind::kRandom;
    // A seed that is picked is short enough to be typed.
    strategy.random = {a.random, a.seed ? *a.seed : std::random_device()() % 1'000'000, a.pct};
    RefuseWithStrategy(a, "--random " + std::to_string(a.random));
  }
  return strategy;
}

}  // namespace

std::vector<const model::MemoryModel*> ParseModels(const std::string& name) {
  if (name == "all") return {};
  const model::MemoryModel* m = model::FindModel(name);
  if (m == nullptr)
    throw std::invalid_argument(
        "there is no model '" + name +
        "'; use sc, tso, rc11, arm64, arm64-idc, "
        "arm64-idc-dic or all (sc, tso and rc11; for arm64 text the other three)");
  return {m};
}

std::vector<PlannedCheck> PlanChecks(const CheckArguments& arguments) {
  const auto models = ParseModels(arguments.model);
  const Shard shard = arguments.shard.empty() ? Shard{} : ParseShard(arguments.shard);
  if (!arguments.stress.empty() && shard.of > 1)
    throw std::invalid_argument("--stress compares with whole searches, not with shard '" +
                                arguments.shard + "'; leave one of the two out");
  std::vector<PlannedCheck> plan;
  std::uint32_t undivided = 0;
  const auto selected = Select(arguments.glob, arguments.mutants);
  const auto applies = [&](const Subject* s) { return models.empty() || Applies(*models[0], *s); };
  if (std::ranges::none_of(selected, applies)) {
    const Isa isa = *selected.front()->isa;
    throw std::invalid_argument(
        "'" + arguments.glob + "' executes " + Name(isa) + " text, which " + arguments.model +
        " knows nothing of; use " +
        (isa == Isa::kArm64 ? "arm64, arm64-idc or arm64-idc-dic" : "sc, tso or rc11"));
  }
  for (const Subject* subject : selected) {
    if (!applies(subject)) continue;
    auto deliveries = subject->deliveries;
    if (!arguments.traps.empty())
      deliveries = {arguments.traps == "user" ? TrapDelivery::kUser : TrapDelivery::kKernel};
    for (const TrapDelivery delivery : deliveries) {
      for (const model::MemoryModel* model : models.empty() ? UsualModels(*subject) : models) {
        const bool must_fail =
            !subject->mutant.empty() &&
            !subject->expected(TableModel(*subject, *model), delivery).error.empty();
        if (must_fail && undivided++ % shard.of != shard.index - 1) continue;
        plan.push_back({subject, model, delivery, must_fail ? Shard{} : shard,
                        arguments.spin_rounds, arguments.symmetry});
      }
    }
  }
  return plan;
}

CheckOptions ParseOptions(const CheckArguments& arguments) {
  CheckOptions options;
  options.strategy = ParseStrategy(arguments);
  options.timed = arguments.stats;
  options.workers = arguments.workers;
  if (arguments.max_executions != 0) options.max_executions = arguments.max_executions;
  if (!arguments.time_limit.empty()) options.time_limit = ParseDuration(arguments.time_limit);
  if (!arguments.memory_limit.empty()) options.memory_limit = ParseSize(arguments.memory_limit);
  if (arguments.checkpoint_every.empty()) return options;
  if (arguments.checkpoint_file.empty())
    throw std::invalid_argument("--checkpoint-every '" + arguments.checkpoint_every +
                                "' needs a file: give --checkpoint FILE, too");
  options.checkpoint_every = ParseDuration(arguments.checkpoint_every);
  if (options.checkpoint_every.count() == 0)
    throw std::invalid_argument("--checkpoint-every must not be '" + arguments.checkpoint_every +
                                "'; give for example 5s");
  return options;
}

}  // namespace heddle::cli
