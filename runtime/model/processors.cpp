#include "runtime/model/processors.h"

#include <utility>

#include "runtime/events/text.h"
#include "runtime/model/contexts.h"
#include "runtime/model/machine.h"

namespace heddle {

int MachineProcessors::count() const { return machine_.threads(); }
int MachineProcessors::running() const { return machine_.current_cpu(); }
TrapDelivery MachineProcessors::delivery() const { return machine_.delivery(); }

model::Location MachineProcessors::NewVariable(const char* name) {
  return machine_.NewCell(name, 0, {});
}
model::Location MachineProcessors::NewUnit(std::size_t offset, model::Value initial) {
  const model::Location location = machine_.NewCell("text", initial, {});
  machine_.text().NameUnit(location, offset);
  return location;
}

model::Value MachineProcessors::Perform(const model::Label& label) {
  return machine_.Perform(label);
}
model::Value MachineProcessors::Await(const model::Label& label, const char* what) {
  return machine_.Await(label, what);
}
void MachineProcessors::Serialize(SourceLocation at) { machine_.Serialize(at); }

void MachineProcessors::BetweenInstructions(SourceLocation at) {
  machine_.contexts().BetweenInstructions(at);
}
void MachineProcessors::TrapMasks() { machine_.contexts().TrapMasks(); }
void MachineProcessors::TrapUnmasks(SourceLocation at) {
  machine_.contexts().Unmask(Interrupt::kIrq, at);
}

void MachineProcessors::Fail(model::ErrorKind kind, std::string message, SourceLocation at) {
  machine_.Fail(kind, std::move(message), at);
}

}  // namespace heddle
