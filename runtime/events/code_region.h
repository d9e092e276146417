// Text as events: real encodings, some of which can change.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "isa/isa.h"
#include "model/event.h"
#include "runtime/events/processors.h"
#include "runtime/source_location.h"

namespace heddle::events {

class Ipis;
class Text;

/// Instructions at a deterministic address.  Only those that were declared (see
/// declare_instruction) during set-up can change: their fetch units (bytes on x86-64, words on
/// arm64; see FetchRule) are locations of the model, the other bytes constants.  Interrupts of
/// sync_core_all reach `executors` only: CPUs that call this text.
class CodeRegion {
 public:
  /// In set-up; of the backend whose parts these are.
  CodeRegion(Processors& processors, Ipis& ipis, Text& text, std::span<const std::uint8_t> bytes,
             std::initializer_list<int> executors, Isa isa, FetchRule rule);

  Isa isa() const { return isa_; }
  std::uintptr_t address(std::size_t offset) const { return kBase + offset; }
  bool contains(std::uintptr_t address) const {
    return address >= kBase && address < kBase + bytes_.size();
  }
  std::size_t size() const { return bytes_.size(); }

  void Write(std::size_t offset, std::span<const std::uint8_t> bytes, SourceLocation at);
  std::uint32_t Read(std::size_t offset, SourceLocation at);
  void Declare(std::size_t offset, std::span<const std::uint8_t> bytes);
  /// Performs kClean or kInvalidate of the unit at `offset`, which must have been declared.
  void Maintain(model::Kind kind, std::size_t offset, SourceLocation at);

  std::size_t unit() const { return unit_; }  ///< bytes that are fetched as one
  /// The unit that `offset` is in, as it was in the beginning.
  model::Value initial(std::size_t offset) const;
  /// Of the unit that `offset` is in; -1: it never changes.
  model::Location location(std::size_t offset) const { return locations_[offset / unit_]; }
  bool IsDeclared(std::size_t offset, std::span<const std::uint8_t> bytes) const;

 private:
  static constexpr std::uintptr_t kBase = 0x10000;
  struct Declared {
    std::size_t offset;
    std::vector<std::uint8_t> bytes;
  };

  /// Fails unless `bytes` bytes from `offset` are whole units of this region.
  bool Check(const char* what, std::size_t offset, std::size_t bytes, SourceLocation at) const;

  Processors& processors_;
  Isa isa_;
  std::size_t unit_;
  std::vector<std::uint8_t> bytes_;
  std::vector<model::Location> locations_;  // by unit
  std::vector<Declared> declared_;
};

}  // namespace heddle::events
