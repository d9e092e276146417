// What do interrupts between CPUs, and CPUs that execute text, ask of a backend?
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "model/event.h"
#include "model/program.h"
#include "runtime/scenario.h"
#include "runtime/source_location.h"

namespace heddle::events {

/// The CPUs of a program as a backend has them; a thread of the program is one.
class Processors {
 public:
  virtual ~Processors() = default;

  virtual int count() const = 0;
  /// Of the calling thread, 0 … count()-1; -1: it is none of them.
  virtual int running() const = 0;
  bool in_thread() const { return running() >= 0; }
  virtual TrapDelivery delivery() const = 0;

  /// Before threads run: a variable besides those that the code names, and one that holds a fetch
  /// unit of its text.  Labels name it by what is returned.
  virtual model::Location NewVariable(const char* name) = 0;
  virtual model::Location NewUnit(std::size_t offset, model::Value initial) = 0;

  /// Does an operation when it is due, and returns what it read.
  virtual model::Value Perform(const model::Label& label) = 0;
  /// Does a read that takes only what label.await holds for.
  virtual model::Value Await(const model::Label& label, const char* what) = 0;
  /// ISB, and what serialises on x86-64.
  virtual void Serialize(SourceLocation at) = 0;

  /// A point for handlers; from a trap's entry to its return IRQs are masked.
  virtual void BetweenInstructions(SourceLocation at) = 0;
  virtual void TrapMasks() = 0;
  virtual void TrapUnmasks(SourceLocation at) = 0;

  /// Calls `f` while no other CPU is in such a call: for what a region knows besides its units.
  virtual void Exclusively(const std::function<void()>& f) = 0;

  /// Reports a violation.  May return; then the caller is to go on as if it had read 0.
  virtual void Fail(model::ErrorKind kind, std::string message, SourceLocation at) = 0;
};

}  // namespace heddle::events
