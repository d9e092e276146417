// Does a thread do what the schedule says?
//
// The same operation, on the variable that has been the event's location from the first, with the
// same values.  But addresses are others than in the model: a value that may hold one is the same
// if each of the model's always goes with one of this run's, and the other way round.
#pragma once

#include <map>
#include <string>

#include "runtime/ordered/cell.h"
#include "runtime/ordered/memory.h"
#include "runtime/ordered/schedule.h"

namespace heddle::ordered {

class Matching {
 public:
  explicit Matching(const Schedule& schedule) : schedule_(schedule) {}

  /// Whether what is about to be done is `event`; `cell` may be null.
  bool IsSame(const model::Event& event, const model::Label& label, Cell* cell);
  bool IsSameValue(const model::Event& event, model::Value read, const Cell& cell);

 private:
  bool Go(model::Value in_model, model::Value here, const Cell& cell);
  bool IsSameLocation(model::Location location, Cell& cell);

  const Schedule& schedule_;
  std::map<model::Location, const Cell*> cells_;
  std::map<model::Value, model::Value> here_, in_model_;
};

/// A stand-in for 16 bytes: equal if they are.
model::Value HashOf(const Wide::Bytes& bytes);

/// What a thread is about to do: "R acq flag, message_passing.h:34".
std::string Describe(const model::Label& label, const Cell* cell);

}  // namespace heddle::ordered
