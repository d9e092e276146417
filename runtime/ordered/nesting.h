// Where do handlers interrupt a thread that plays a schedule?
//
// Where they do in the model: the schedule's next event says so.  So the points at which one is
// asked for are those of runtime/model/contexts.h, and what is said there of them holds here.
#pragma once

#include <array>
#include <functional>
#include <vector>

#include "model/event.h"
#include "runtime/runtime.h"
#include "runtime/source_location.h"

namespace heddle::ordered {

class Player;

/// One thread's.
class Nesting {
 public:
  void SetHandler(Player& player, Interrupt kind, int bound, std::function<void()> handler,
                  SourceLocation at);
  void Mask(Player& player, Interrupt kind, SourceLocation at);
  void Unmask(Player& player, Interrupt kind, SourceLocation at);
  bool InHandler(Interrupt kind) const;
  /// IRQs, by a trap that has begun already.
  void TrapMasks() { ++masked_[static_cast<std::size_t>(Interrupt::kIrq)]; }
  void BetweenInstructions(Player& player, SourceLocation at) { PointIfDue(player, at); }
  /// How many handlers have run so far.
  int fired() const { return fired_; }

  void BeforeOperation(Player& player, const model::Label& label, bool every_point);
  void ThreadEnds(Player& player);

 private:
  static constexpr std::size_t kKinds = model::kInterruptNames.size();
  struct Handler {
    std::function<void()> body;
    int left = 0;
  };
  struct Frame {
    std::size_t kind = 0;
    bool point_due = true;
  };

  bool CanFire(std::size_t kind) const;
  void PointIfDue(Player& player, SourceLocation at);
  void Run(Player& player, std::size_t kind, SourceLocation at);

  std::array<Handler, kKinds> handlers_;
  std::array<int, kKinds> masked_{};
  bool has_handlers_ = false;
  int fired_ = 0;
  std::vector<Frame> frames_{Frame{}};
};

}  // namespace heddle::ordered
