#include "runtime/check/token.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace heddle {
namespace {

constexpr const char* kSpins = "+spins";  // in names, before how many rounds

}  // namespace

std::string CheckName(const Subject& subject, const model::MemoryModel& model,
                      TrapDelivery delivery, int spin_rounds) {
  return subject.name() + "@" + std::string(model.name) + "+" + Name(delivery) +
         (spin_rounds == 0 ? "" : kSpins + std::to_string(spin_rounds));
}

std::string Token::Text() const {
  return CheckName(*subject, *model, delivery, spin_rounds) + ":" + execution;
}

Token ParseToken(std::string_view text) {
  const auto bad = [&](const std::string& why) {
    return std::invalid_argument("malformed replay token '" + std::string(text) + "': " + why);
  };
  const std::size_t at = text.find('@'), colon = text.find(':', at), plus = text.find('+', at);
  if (at == std::string_view::npos || colon == std::string_view::npos || plus > colon)
    throw bad("it must look like SCENARIO@MODEL+TRAPS:1:…; copy it whole from the report");
  const std::string_view name = text.substr(0, at);
  const std::string_view model_name = text.substr(at + 1, plus - at - 1);
  std::string_view delivery_name = text.substr(plus + 1, colon - plus - 1);
  int spin_rounds = 0;
  if (const auto spins = delivery_name.find(kSpins); spins != std::string_view::npos) {
    const std::string_view rounds = delivery_name.substr(spins + std::string_view(kSpins).size());
    const auto end = rounds.data() + rounds.size();
    const auto [last, error] = std::from_chars(rounds.data(), end, spin_rounds);
    if (error != std::errc() || last != end || spin_rounds < 1 || spin_rounds > kMostSpinRounds)
      throw bad("spins are 1 to " + std::to_string(kMostSpinRounds) + ", not '" +
                std::string(rounds) + "'");
    delivery_name = delivery_name.substr(0, spins);
  }
  const auto& subjects = AllSubjects();
  const auto subject = std::find_if(subjects.begin(), subjects.end(),
                                    [&](const Subject& s) { return s.name() == name; });
  if (subject == subjects.end())
    throw bad("there is no scenario '" + std::string(name) + "'; see heddle list");
  const model::MemoryModel* model = model::FindModel(model_name);
  if (model == nullptr)
    throw bad("there is no model '" + std::string(model_name) +
              "'; use sc, tso, rc11, arm64, arm64-idc or arm64-idc-dic");
  if (delivery_name != "kernel" && delivery_name != "user")
    throw bad("traps are 'kernel' or 'user', not '" + std::string(delivery_name) + "'");
  return {&*subject, model, delivery_name == "user" ? TrapDelivery::kUser : TrapDelivery::kKernel,
          spin_rounds, std::string(text.substr(colon + 1))};
}

}  // namespace heddle
