// Does what Heddle reads from files and command lines end well, whatever it is?
#pragma once

#include <functional>
#include <stdexcept>
#include <string>

#include "cli/json_member.h"
#include "cli/reproducer.h"
#include "cli/search_state_json.h"
#include "runtime/check/regression.h"

namespace heddle {

/// Takes the text for each kind of input that people, full disks and other versions may have
/// changed: a token, a reproducer, a checkpoint.  Each must be read, or refused by the exceptions
/// that become messages; anything else is thrown on.  How many took it.
inline int TakeAnyInput(const std::string& text) {
  int taken = 0;
  const auto take = [&](const std::function<void()>& read) {
    try {
      read();
      ++taken;
    } catch (const std::invalid_argument&) {
    } catch (const cli::MalformedJson&) {
    }
  };
  take([&] { (void)Replay(text); });
  if (text.empty() || text[0] != '{') return taken;
  take([&] {
    const cli::Reproducer failure = cli::ParseReproducer(text);
    if (const auto* model = std::get_if<cli::ModelFailure>(&failure))
      (void)ReplayAgain(ParseToken(model->token));
  });
  take([&] {
    const auto file = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    for (const auto& check : cli::ArrayMember(file, "checks")) (void)cli::StateFromJson(check);
  });
  return taken;
}

}  // namespace heddle
