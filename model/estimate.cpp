#include "model/estimate.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "model/program_tree.h"

namespace heddle::model {
namespace {

using Next = ProgramTree::Next;

// The alternatives of the event that is open at `depth`, by number.  Goes through them in a copy of
// the tree; the program need not run for that.
std::vector<std::uint32_t> Alternatives(SearchTree tree, std::size_t depth) {
  std::vector<std::uint32_t> begun;
  if (tree.Begun(depth) > 0) begun.push_back(tree.Begun(depth));
  tree.set_floor(depth);
  for (;;) {
    tree.Truncate(depth + 1);
    if (!tree.Advance()) return begun;
    begun.push_back(tree.Begun(depth));
  }
}

double Descend(Program& program, const MemoryModel& model, std::mt19937_64& random) {
  ProgramTree moves(program, model);
  SearchTree& tree = moves.tree();
  double weight = 1;
  bool moved = true;
  for (std::size_t d = 0;; ++d) {
    const Next next = moved ? moves.Descend(d + 1) : moves.Extend(d + 1);
    if (tree.depth() <= d) {
      const bool none = next == Next::kDeadEnd || (next == Next::kEnd && moves.EndsInVain());
      return none ? 0 : weight;
    }
    const auto alternatives = Alternatives(tree, d);
    if (alternatives.empty()) return 0;
    weight *= static_cast<double>(alternatives.size());
    const std::uint32_t chosen = alternatives[random() % alternatives.size()];
    tree.set_floor(d);
    moved = tree.Begun(d) != chosen;
    while (tree.Begun(d) != chosen) {
      tree.Truncate(d + 1);
      tree.Advance();
    }
  }
}

// Of one probe, in units of the mean.  Probes of our lopsided programs have 1 to 30, but few of
// them show it: with 2 instead of 6, a fifth of the sizes in estimate_test.cpp were beyond two
// spreads.
constexpr double kLeastSpread = 6;
// So many probes that all say the same are believed.
constexpr std::uint64_t kEnoughToAgree = 64;
// Standard deviations that a search may be above what the probes say.
constexpr double kMostOutrun = 2;

double NormalCdf(double z) { return std::erfc(-z / std::sqrt(2.0)) / 2; }

}  // namespace

void Probes::Add(const Probes& more) {
  count += more.count;
  sum += more.sum;
  squares += more.squares;
}

double Probes::Mean() const { return count == 0 ? 0 : sum / static_cast<double>(count); }

double Probes::Spread() const {
  if (count < 2) return Mean();
  const auto n = static_cast<double>(count);
  const double variance = std::max(0.0, squares - sum * sum / n) / (n - 1);
  return std::sqrt(variance / n);
}

Probes ProbeSearch(Program& program, const MemoryModel& model, std::uint64_t seed,
                   std::uint64_t max_probes, std::chrono::milliseconds time_limit) {
  const auto start = std::chrono::steady_clock::now();
  std::mt19937_64 random(seed);
  Probes probes;
  do {
    const double weight = Descend(program, model, random);
    probes.Add({1, weight, weight * weight});
  } while ((max_probes == 0 || probes.count < max_probes) &&
           (time_limit.count() == 0 || std::chrono::steady_clock::now() - start < time_limit));
  return probes;
}

SizeEstimate EstimateSize(const Probes& probes, double seen) {
  double mean = probes.Mean();
  if (mean <= 0) return {2 * seen, seen};  // all ways down ended in nothing: as much again, or not
  double relative = probes.Spread() / mean;
  if (relative == 0 && probes.count >= kEnoughToAgree && seen <= mean) return {mean, 0};
  relative = std::max(relative, kLeastSpread / std::sqrt(static_cast<double>(probes.count)));
  const double sigma = std::sqrt(std::log1p(relative * relative));
  // Searches that have outrun the probes by far: they have shown more than the probes have.
  mean = std::max(mean, seen * std::exp(-kMostOutrun * sigma));
  if (seen <= 0) return {mean, relative * mean};
  const double mu = std::log(mean) - sigma * sigma / 2;
  const double z = (std::log(seen) - mu) / sigma;
  // Moment k of a log-normal variable X, given that X > seen.
  const auto moment = [&](int k) {
    return std::exp(k * mu + k * k * sigma * sigma / 2) * NormalCdf(k * sigma - z) / NormalCdf(-z);
  };
  const double total = moment(1);
  return {total, std::sqrt(std::max(0.0, moment(2) - total * total))};
}

}  // namespace heddle::model
