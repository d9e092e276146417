// Text in the model: code bytes that are fetched, interrupts that serialise, traps.
//
//   sync_core_all   one release write of a generation; each executor polls it before each patchable
//                   instruction and each operation, serialises when it sees a new one, and
//                   acknowledges with a release write, for which the caller waits.  It polls until
//                   it sees nothing new, so any number of interrupts may have come.  A waiting
//                   executor polls, too; one that has ended acknowledges everything.
//   trap            INT3 serialises on entry and on return (IRET).  kKernel: no interrupt between
//                   the two.  kUser: the handler is a signal handler, so interrupts may come before
//                   each of its operations.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "model/event.h"
#include "runtime/runtime.h"

namespace heddle {

class Machine;

/// Real encodings at a deterministic address.  Only instructions that were declared (see
/// declare_instruction) during set-up can change; their bytes are locations of the model, the other
/// bytes constants.  Interrupts of sync_core_all reach `executors` only: CPUs that call this text.
class ModelCodeRegion {
 public:
  ModelCodeRegion(std::span<const std::uint8_t> bytes, std::initializer_list<int> executors);

  std::uintptr_t address(std::size_t offset) const { return kBase + offset; }
  bool contains(std::uintptr_t address) const {
    return address >= kBase && address < kBase + bytes_.size();
  }

  void Write(std::size_t offset, std::span<const std::uint8_t> bytes, SourceLocation at);
  std::uint8_t Read(std::size_t offset, SourceLocation at);
  void Declare(std::size_t offset, std::span<const std::uint8_t> bytes);

  std::uint8_t initial(std::size_t offset) const { return bytes_[offset]; }
  model::Location location(std::size_t offset) const {
    return locations_[offset];
  }  ///< -1: constant
  bool IsDeclared(std::size_t offset, std::span<const std::uint8_t> bytes) const;

 private:
  static constexpr std::uintptr_t kBase = 0x10000;
  struct Declared {
    std::size_t offset;
    std::vector<std::uint8_t> bytes;
  };

  std::vector<std::uint8_t> bytes_;
  std::vector<model::Location> locations_;
  std::vector<Declared> declared_;
};

class Text {
 public:
  explicit Text(Machine& machine) : machine_(machine) {}

  void Reset();
  void AddRegion(std::initializer_list<int> executors);
  void NameCell(model::Location l, std::size_t offset);
  std::string NameOf(model::Location l) const;
  void SetTrapHandler(TrapHandler handler, void* context) {
    handler_ = handler;
    handler_context_ = context;
  }

  std::uint32_t Call(ModelCodeRegion& region, std::size_t offset, SourceLocation at);
  void SyncAll(SourceLocation at);
  /// Interrupts may be taken before any operation of an executor, unless a trap masks them.
  void BeforeOperation(const model::Label& label);
  /// For a CPU that waits: takes an interrupt if it sees one; false if it sees none.
  bool InterruptWhileWaiting(SourceLocation at);
  bool InInterrupt() { return cpu().in_interrupt; }
  void ThreadEnds();

 private:
  struct Cpu {
    bool executor = false;
    std::uint16_t acknowledged = 0;
    int traps = 0;  // nested ones
    bool in_interrupt = false;
    bool poll_due = true;  // something happened since the last poll that makes another worth while
    model::Location ack = -1;
  };
  struct Named {
    model::Location location;
    std::size_t offset;
  };

  Cpu& cpu();
  bool InterruptsEnabled();
  bool TakeOne(SourceLocation at);  // one look at the generation
  void Poll(SourceLocation at);
  void Serialize(SourceLocation at);
  void Acknowledge(std::uint16_t generation, SourceLocation at);
  std::uint8_t Fetch(ModelCodeRegion& region, std::uintptr_t address, int already_fetched,
                     SourceLocation at);

  Machine& machine_;
  std::vector<Cpu> cpus_;
  std::vector<Named> names_;
  model::Location generation_ = -1;
  TrapHandler handler_ = nullptr;
  void* handler_context_ = nullptr;
};

}  // namespace heddle
