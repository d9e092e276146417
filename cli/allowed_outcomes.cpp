#include "cli/allowed_outcomes.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "runtime/check/check.h"
#include "stress/forked_call.h"
#include "stress/result.h"
#include "stress/result_json.h"

namespace heddle::cli {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kSearch{20}, kProcess{30};
constexpr std::uint64_t kMemory = std::uint64_t{1} << 30;

// {"outcomes": …, or null; "why": why there are none, where it is worth a word}.
json Explore(const Subject& subject) {
  // arm64 text: what the least coherent caches allow.
  const auto model = subject.isa == Isa::kArm64 ? model::Arm64().name : stress::NativeModel();
  CheckOptions options;
  options.time_limit = kSearch;
  options.memory_limit = kMemory;
  const auto r =
      heddle::Check(subject, *model::FindModel(model), subject.deliveries.front(), options);
  if (r.verdict == CheckVerdict::kHolds) return {{"outcomes", r.outcomes}};
  json none = {{"outcomes", nullptr}};
  if (r.verdict == CheckVerdict::kViolation && subject.mutant.empty())
    none["why"] = "heddle check finds: " + r.error + ": " + r.message;
  if (r.ended_by == Budget::kMemory) none["why"] = "the search takes more than 1 GiB";
  return none;
}

std::string Answer(const Subject& subject) {
  json answer;
  try {
    answer = Explore(subject);
  } catch (const std::invalid_argument& e) {
    answer = {{"misuse", e.what()}};
  } catch (const std::exception& e) {
    answer = {{"outcomes", nullptr}, {"why", e.what()}};
  }
  return stress::Dump(answer);
}

void SayWhyNot(const std::string& scenario, const std::string& why) {
  std::fprintf(stderr, "heddle: what the model allows of %s is not known: %s\n", scenario.c_str(),
               why.c_str());
}

}  // namespace

AllowedOutcomes ExploreAllowed(const std::string& scenario) {
  const auto& all = AllSubjects();
  const Subject& subject =
      *std::ranges::find_if(all, [&](const Subject& s) { return s.name() == scenario; });
  const stress::ForkedCall call = stress::CallForked([&] { return Answer(subject); }, kProcess);
  if (call.interrupted) return std::nullopt;
  const json answer = json::parse(call.text, nullptr, /*allow_exceptions=*/false);
  if (!call.failure.empty() || !answer.is_object()) {
    SayWhyNot(scenario, "the search " + (call.failure.empty() ? "ended its process without a word"
                                                              : call.failure));
    return std::nullopt;
  }
  if (answer.contains("misuse")) throw std::invalid_argument(answer["misuse"].get<std::string>());
  if (answer.contains("why")) SayWhyNot(scenario, answer["why"].get<std::string>());
  if (answer["outcomes"].is_null()) return std::nullopt;
  return answer["outcomes"].get<AllowedOutcomes::value_type>();
}

}  // namespace heddle::cli
