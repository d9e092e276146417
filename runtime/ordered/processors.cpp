#include "runtime/ordered/processors.h"

#include <utility>

#include "runtime/events/label.h"
#include "runtime/ordered/player.h"
#include "runtime/ordered/unseen.h"

namespace heddle::ordered {

using model::Kind;
using model::Label;

int PlayerProcessors::count() const { return player_.threads(); }
int PlayerProcessors::running() const { return player_.in_thread() ? player_.self().number : -1; }
TrapDelivery PlayerProcessors::delivery() const { return player_.delivery(); }

PlayerProcessors::Variable* PlayerProcessors::New(const char* name) {
  // Others may look at them already.
  if (player_.in_thread())
    player_.Fail(model::ErrorKind::kMisuse,
                 "text, and what interrupts all CPUs, is to be made in set-up, not in a thread",
                 {});
  Variable& v = variables_.emplace_back();
  v.cell = {.name = name, .storage = &v.value, .holds_address = false, .written = true};
  return &v;
}

model::Location PlayerProcessors::NewVariable(const char* name) {
  New(name);
  return static_cast<model::Location>(variables_.size() - 1);
}

model::Location PlayerProcessors::NewUnit(std::size_t offset, model::Value initial) {
  Variable& v = *New(player_.Keep("text[" + std::to_string(offset) + "]"));
  v.value = initial;
  v.versions = {initial};
  v.cell.versions = &v.versions;
  return static_cast<model::Location>(variables_.size() - 1);
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

void PlayerProcessors::Exclusively(const std::function<void()>& f) {
  const Unseen unseen;
  const std::lock_guard lock(exclusive_);
  f();
}

void PlayerProcessors::Fail(model::ErrorKind kind, std::string message, SourceLocation at) {
  player_.Fail(kind, std::move(message), at);
}

}  // namespace heddle::ordered
