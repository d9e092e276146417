// What a search, or a part of one, has counted.  The tally of a whole is the sum of its parts'.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "model/explorer.h"

namespace heddle {

/// How many executions ended in which outcome.
using Outcomes = std::map<std::vector<std::int64_t>, std::uint64_t>;

struct Tally {
  std::uint64_t executions = 0, blocked = 0;
  std::uint64_t events = 0;  ///< of the complete executions
  /// Work, not executions: getting to where a part begins counts, too.
  std::uint64_t revisits = 0, runs = 0, replayed_events = 0;
  model::PhaseSeconds phases;
  bool limited = false;  ///< executions were left out that need more preemptions than the bound
  Outcomes outcomes;

  /// What --max-executions bounds.
  std::uint64_t ended() const { return executions + blocked; }

  void Add(const Tally& part) {
    executions += part.executions;
    blocked += part.blocked;
    events += part.events;
    revisits += part.revisits;
    runs += part.runs;
    replayed_events += part.replayed_events;
    phases.replaying += part.phases.replaying;
    phases.extending += part.phases.extending;
    phases.advancing += part.phases.advancing;
    phases.finishing += part.phases.finishing;
    limited = limited || part.limited;
    for (const auto& [outcome, count] : part.outcomes) outcomes[outcome] += count;
  }
};

}  // namespace heddle
