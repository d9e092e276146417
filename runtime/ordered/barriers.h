// How does a full memory barrier of all threads happen in order?
//
// As in the model (runtime/model/ipis.h): by a generation that each thread polls, and answers by a
// barrier and an acknowledgement.  One membarrier would be in no order with the other threads.
#pragma once

#include <array>
#include <cstdint>

#include "runtime/ordered/cell.h"
#include "runtime/runtime.h"
#include "runtime/source_location.h"

namespace heddle::ordered {

class Player;

/// What all threads share.
class Barriers {
 public:
  /// Before threads run: barriers reach `threads` threads.
  void ReachAll(int threads);
  bool reach() const { return threads_ > 0; }
  void All(Player& player, SourceLocation at);

 private:
  friend class BarrierTaker;
  struct Shared {
    std::uint64_t value = 0;
    Cell cell;
  };
  int threads_ = 0;
  Shared generation_;
  std::array<Shared, model::kMaxThreads> acknowledged_;
};

/// One thread's.
class BarrierTaker {
 public:
  void BeforeOperation(Player& player, const model::Label& label);
  bool WhileWaiting(Player& player, SourceLocation at);
  void ThreadEnds(Player& player);

 private:
  friend class Barriers;
  bool Enabled(Player& player) const;
  bool TakeOne(Player& player, SourceLocation at);
  void Acknowledge(Player& player, std::uint16_t generation, SourceLocation at);

  std::uint16_t acknowledged_ = 0;
  bool in_handler_ = false, poll_due_ = true;
};

}  // namespace heddle::ordered
