#include "cli/checkpoint.h"

#include <stdexcept>

#include "cli/atomic_file.h"
#include "cli/fingerprint.h"
#include "cli/json_member.h"
#include "cli/output.h"
#include "cli/search_state_json.h"
#include "stress/result_json.h"

namespace heddle::cli {
namespace {

using nlohmann::json;

constexpr std::uint64_t kFormatVersion = 2;

json Describe(const PlannedCheck& c) {
  return {{"scenario", c.subject->scenario},
          {"mutant", c.subject->mutant},
          {"model", c.model->name},
          {"traps", Name(c.delivery)},
          {"shard", std::to_string(c.shard.index) + "/" + std::to_string(c.shard.of)},
          {"spin_rounds", c.spin_rounds},
          {"symmetry", c.symmetry}};
}

std::string Show(const json& described) {
  const auto text = [&](const char* key) { return Member<std::string>(described, key); };
  const auto mutant = text("mutant"), shard = text("shard");
  const auto spin_rounds = Member<std::int64_t>(described, "spin_rounds");
  return text("scenario") + (mutant.empty() ? "" : "/" + mutant) + "@" + text("model") + "+" +
         text("traps") + (shard == "1/1" ? "" : " shard " + shard) +
         (spin_rounds == 0 ? "" : " with " + std::to_string(spin_rounds) + " spin rounds") +
         (Member<bool>(described, "symmetry") ? " with --symmetry" : "");
}

}  // namespace

Checkpoint::Checkpoint(const std::string& path, std::vector<PlannedCheck> checks, bool listing,
                       std::chrono::milliseconds every)
    : path_(path),
      checks_(std::move(checks)),
      listing_(listing),
      every_(every),
      states_(checks_.size()) {
  if (path.empty()) return;
  const auto text = ReadWholeFile(path);
  if (!text) return;
  try {
    Load(*text);
  } catch (const MalformedJson& e) {
    Refuse("it is malformed: " + std::string(e.what()));
  }
}

void Checkpoint::Load(const std::string& text) {
  const json file = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (file.is_discarded()) Refuse("it is not JSON, or not all of it");
  if (Member(file, "format") != "heddle-checkpoint") Refuse("it is no checkpoint");
  if (const auto version = Member<std::uint64_t>(file, "version"); version != kFormatVersion)
    Refuse("its format is version " + std::to_string(version) + ", not " +
           std::to_string(kFormatVersion));
  if (const auto heddle = Member<std::string>(file, "heddle"); heddle != HEDDLE_VERSION)
    Refuse("it was written by Heddle " + heddle + ", this is Heddle " HEDDLE_VERSION);
  const json& checks = ArrayMember(file, "checks");
  for (std::size_t i = 0; i < std::max(checks.size(), checks_.size()); ++i) {
    const std::string there =
        i < checks.size() ? Show(Member(checks[i], "check")) : "no more checks";
    const std::string here = i < checks_.size() ? Show(Describe(checks_[i])) : "no more checks";
    if (here != there)
      Refuse("it is of another command: check " + std::to_string(i + 1) + " is " + there +
             " there, and " + here + " here");
  }
  // A position is a number of alternatives: it means something else once the code under test, or
  // the search, has changed in the least.
  if (Member<std::string>(file, "build") != Build())
    Refuse("it was written by another build of Heddle, whose code under test may differ");
  if (!Member(file, "listed").is_null()) listed_ = Member<std::uint64_t>(file, "listed");
  if (listing_ && !listed_)
    Refuse("it was made without --list-executions, so the list would miss some");
  for (std::size_t i = 0; i < checks.size(); ++i) states_[i] = StateFromJson(checks[i]);
}

bool Checkpoint::IsDue() const { return std::chrono::steady_clock::now() - saved_ >= every_ / 2; }

void Checkpoint::Save(std::uint64_t listed) {
  if (path_.empty()) return;
  json checks = json::array();
  for (std::size_t i = 0; i < checks_.size(); ++i) {
    json check = ToJson(states_[i]);
    check["check"] = Describe(checks_[i]);
    checks.push_back(std::move(check));
  }
  const json file = {{"format", "heddle-checkpoint"},
                     {"version", kFormatVersion},
                     {"heddle", HEDDLE_VERSION},
                     {"build", Build()},
                     {"listed", listing_ ? json(listed) : json()},
                     {"checks", checks}};
  const int error = ReplaceFile(path_, stress::Dump(file, 1) + "\n");
  if (error != 0) throw WriteError("the checkpoint '" + path_ + "'", error);
  saved_ = std::chrono::steady_clock::now();
}

void Checkpoint::Refuse(const std::string& why) const {
  throw std::invalid_argument("cannot go on with the checkpoint '" + path_ + "': " + why +
                              "; remove it to start again, or name another file");
}

}  // namespace heddle::cli
