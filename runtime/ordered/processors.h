// How do threads that play a schedule interrupt each other, and execute text?
//
// By the operations that CPUs of the model do (runtime/events/), on variables that are kept here.
// A unit of text keeps all that it has held: the schedule says which version a CPU has, and that
// may be older than what is in memory by then.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/events/processors.h"
#include "runtime/ordered/cell.h"

namespace heddle::ordered {

class Player;

class PlayerProcessors final : public events::Processors {
 public:
  explicit PlayerProcessors(Player& player) : player_(player) {}

  int count() const override;
  int running() const override;
  TrapDelivery delivery() const override;
  model::Location NewVariable(const char* name) override;
  model::Location NewUnit(std::size_t offset, model::Value initial) override;
  model::Value Perform(const model::Label& label) override;
  model::Value Await(const model::Label& label, const char* what) override;
  void Serialize(SourceLocation at) override;
  void BetweenInstructions(SourceLocation at) override;
  void TrapMasks() override;
  void TrapUnmasks(SourceLocation at) override;
  void Exclusively(const std::function<void()>& f) override;
  void Fail(model::ErrorKind kind, std::string message, SourceLocation at) override;

 private:
  struct Variable {
    std::uint64_t value = 0;
    std::vector<model::Value> versions;
    Cell cell;
  };
  Cell* CellOf(const model::Label& label);

  Variable* New(const char* name);

  Player& player_;
  std::mutex exclusive_;
  std::deque<Variable> variables_;  // which cells point into
};

}  // namespace heddle::ordered
