// How many executions has a search, before it is over?
//
// D. E. Knuth, "Estimating the Efficiency of Backtrack Programs", Mathematics of Computation 29
// (1975): go down the tree, each time to one of the n alternatives at random; the product of these
// n is, on average over all ways down, the number of leaves.  Here the leaves are executions; a way
// that ends in none counts as 0.
#pragma once

#include <chrono>
#include <cstdint>

#include "model/explorer.h"

namespace heddle::model {

/// Random descents, and what they said.
struct Probes {
  std::uint64_t count = 0;
  double sum = 0, squares = 0;  ///< of their estimates

  void Add(const Probes& more);
  /// Executions, complete and blocked: unbiased, but with few probes mostly too low.
  double Mean() const;
  /// The standard error of the mean.
  double Spread() const;
};

/// As many descents as `max_probes` and `time_limit` (0 = no bound, not both) let it do, at least
/// one.  The same ones for the same seed.
Probes ProbeSearch(Program& program, const MemoryModel& model, std::uint64_t seed,
                   std::uint64_t max_probes, std::chrono::milliseconds time_limit);

struct SizeEstimate {
  double total = 0;   ///< executions, complete and blocked
  double spread = 0;  ///< standard deviation
};

/// The size of a search that has `seen` executions so far, and is not over: never below `seen`.
///
/// Searches are uneven, so that most probes say too little and a few say a lot.  A size is taken to
/// be log-normal, with the probes' mean and a spread that is at least what few probes can know,
/// given that it is above `seen`.
SizeEstimate EstimateSize(const Probes& probes, double seen);

}  // namespace heddle::model
