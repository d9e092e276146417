#include "model/estimate.h"

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
  } while (probes.count < max_probes &&
           (time_limit.count() == 0 || std::chrono::steady_clock::now() - start < time_limit));
  return probes;
}

}  // namespace heddle::model
