#include "runtime/ordered/processors.h"

#include <utility>

#include "runtime/events/label.h"
#include "runtime/ordered/player.h"

namespace heddle::ordered {

using model::Kind;
using model::Label;

int PlayerProcessors::count() const { return player_.threads(); }
int PlayerProcessors::running() const { return player_.in_thread() ? player_.self().number : -1; }
TrapDelivery PlayerProcessors::delivery() const { return player_.delivery(); }

model::Location PlayerProcessors::NewVariable(const char* name) {
  Variable& v = variables_.emplace_back();
  v.cell = {.name = name, .storage = &v.value, .written = true};
  return static_cast<model::Location>(variables_.size() - 1);
}

model::Location PlayerProcessors::NewUnit(std::size_t offset, model::Value initial) {
  const model::Location unit = NewVariable(player_.Keep("text[" + std::to_string(offset) + "]"));
  Variable& v = variables_.back();
  v.value = initial;
  v.versions = {initial};
  v.cell.versions = &v.versions;
  return unit;
}

Cell* PlayerProcessors::CellOf(const Label& label) {
  if (label.kind == Kind::kFence || label.kind == Kind::kSerialize) return nullptr;
  return &variables_[static_cast<std::size_t>(label.location)].cell;
}

model::Value PlayerProcessors::Perform(const Label& label) {
  return player_.Perform(label, CellOf(label));
}
model::Value PlayerProcessors::Await(const Label& label, const char* what) {
  return player_.Await(label, CellOf(label), what);
}
void PlayerProcessors::Serialize(SourceLocation at) {
  player_.Perform(events::MakeLabel(Kind::kSerialize, model::Order::kRelaxed, at));
}

void PlayerProcessors::BetweenInstructions(SourceLocation at) {
  player_.self().nesting.BetweenInstructions(player_, at);
}
void PlayerProcessors::TrapMasks() { player_.self().nesting.TrapMasks(); }
void PlayerProcessors::TrapUnmasks(SourceLocation at) {
  player_.self().nesting.Unmask(player_, Interrupt::kIrq, at);
}

void PlayerProcessors::Fail(model::ErrorKind kind, std::string message, SourceLocation at) {
  player_.Fail(kind, std::move(message), at);
}

}  // namespace heddle::ordered
