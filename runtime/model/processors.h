// A machine's CPUs as interrupts between them, and text, see them.
#pragma once

#include <string>

#include "runtime/events/processors.h"

namespace heddle {

class Machine;

class MachineProcessors final : public events::Processors {
 public:
  explicit MachineProcessors(Machine& machine) : machine_(machine) {}

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
  void Exclusively(const std::function<void()>& f) override { f(); }  // one thread runs them all
  void Fail(model::ErrorKind kind, std::string message, SourceLocation at) override;

 private:
  Machine& machine_;
};

}  // namespace heddle
