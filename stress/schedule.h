// Which scenario runs next, where, and for how long?
//
// A run is made of pieces of at most some seconds, each in a process of its own: what is killed
// loses no more than one.  Scenarios get shares of the time, and of a scenario's share each class
// of placements gets its own; next is always who is furthest behind, so that a run which is gone
// on with goes on as it would have.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "stress/placement.h"
#include "stress/plan.h"

namespace heddle::stress {

struct Piece {
  std::size_t plan = 0;  ///< index
  Placement placement;
  std::uint64_t seed = 0;
  std::chrono::milliseconds duration{0};
};

class Schedule {
 public:
  using Duration = std::chrono::milliseconds;
  /// Pieces are no longer than this; what a kill may lose.
  static constexpr Duration kLongestPiece{4000};
  static constexpr Duration kShortestPiece{20};
  /// The first one of a process, and each next one at most twice as long: where processes are
  /// killed all the time, each of them is to get something done.
  static constexpr Duration kFirstPiece{250};

  /// Of `whole`, which is shared out four parts to a torture scenario and one to a sampled one.
  /// Throws std::invalid_argument if that leaves a scenario less than a millisecond.
  Schedule(const std::vector<StressPlan>& plans, const Topology& topology, Duration whole,
           std::uint64_t seed);

  /// Nothing is left when all are rested.
  bool empty() const;
  /// Requires !empty().
  Piece Next();
  /// One of this scenario, in its first class, whoever's turn it is.
  Piece Of(std::size_t plan);
  /// What the last piece, or one of a run that is gone on with, has taken.
  void Spent(std::size_t plan, Sharing sharing, Duration time);
  /// So many pieces were run by an earlier process: their seeds are not used again.
  void Skip(std::size_t pieces) { pieces_ += pieces; }
  /// Runs no more.
  void Rest(std::size_t plan);

 private:
  struct Lane {
    std::size_t plan;
    Sharing sharing;
    double weight;  // share of the whole
    Duration longest{0};
    Duration spent{0};
    bool rests = false;
  };
  Piece Begin(const Lane& lane);

  const std::vector<StressPlan>& plans_;
  const Topology& topology_;
  const std::uint64_t seed_;
  std::uint64_t pieces_ = 0;
  Duration most_ = kFirstPiece;  // of the next piece
  std::vector<Lane> lanes_;
};

}  // namespace heddle::stress
