// Executing text as events: fetch, decode, execute, trap.
//
// A breakpoint serialises on entry and on return.  kKernel: no interrupt between the two.  kUser:
// the handler is a signal handler, so interrupts may come before each of its operations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/event.h"
#include "model/program.h"
#include "runtime/events/code_region.h"
#include "runtime/events/processors.h"
#include "runtime/runtime.h"

namespace heddle::events {

class Ipis;
class Registers;

class Text {
 public:
  Text(Processors& processors, Ipis& ipis);

  void Reset();
  void Use(Isa isa, FetchRule rule);
  void NameUnit(model::Location l, std::size_t offset);
  std::string NameOf(model::Location l) const;
  void SetTrapHandler(TrapHandler handler, void* context) {
    handler_ = handler;
    handler_context_ = context;
  }
  /// Whether the running CPU is between a trap and its return.
  bool InTrap() const;
  /// What DSB is on this program's processor: elsewhere a fence.
  model::Barrier DataBarrier() const {
    return isa_ == Isa::kArm64 ? model::Barrier::kDsb : model::Barrier::kByOrder;
  }
  /// See model::Program.
  std::string InstructionText(model::Location first, const std::vector<model::Value>& units) const;
  bool IsSafeToModify(model::Value fetched, model::Value written) const;

  std::uint32_t Call(CodeRegion& region, std::size_t offset, SourceLocation at);

 private:
  struct Named {
    model::Location location;
    std::size_t offset;
  };

  /// Executes one instruction; false if that is an error, which has been reported.
  bool StepX86(CodeRegion& region, Registers& cpu, SourceLocation at);
  bool StepArm64(CodeRegion& region, Registers& cpu, SourceLocation at);
  bool Trap(const std::string& name, std::size_t offset, Registers& cpu, SourceLocation at);
  /// The unit that `address` is in; nothing if there is none, which has been reported.  `fetched`:
  /// how many units of this instruction that can change have been fetched.
  std::optional<model::Value> Fetch(CodeRegion& region, std::uintptr_t address, int& fetched,
                                    SourceLocation at);
  bool Refuse(model::ErrorKind kind, std::string message, SourceLocation at);

  Processors& processors_;
  Ipis& ipis_;
  std::optional<Isa> isa_;
  bool quadwords_ = false;  // then a unit may be of several instructions
  std::vector<int> traps_;  // nested ones, by CPU
  std::vector<Named> names_;
  TrapHandler handler_ = nullptr;
  void* handler_context_ = nullptr;
};

}  // namespace heddle::events
