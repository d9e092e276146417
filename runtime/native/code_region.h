// Where does executable text live, and how is it written while it runs?
//
// x86-64: one memfd mapped twice, RX for the CPUs and RW for the patcher, so that no page is ever
// writable and executable at one address (but for the program's own text, for a moment: OpenText).
// Elsewhere: one RWX mapping, because emulators keep translated code until the executed address
// itself is written.
//
// write and read may race with each other and with execution: units are written one at a time by
// relaxed atomic stores.  What a racing CPU executes is the patching protocol's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "isa/isa.h"

namespace heddle::native {

#if defined(__aarch64__)
inline constexpr Isa kIsa = Isa::kArm64;  ///< of this machine
#else
inline constexpr Isa kIsa = Isa::kX86_64;
#endif

/// Text of this very program.
struct ProgramRange {
  std::uintptr_t begin;
  std::size_t bytes;
};

class CodeRegion {
 public:
  /// `bytes` (1 byte … 1 MiB) become executable at address(0); the rest of the last page traps.
  /// `executors`, the scenario's CPUs that run it, matter to the model only.  Throws
  /// std::invalid_argument on a bad size or if this machine's instruction set is not `isa`,
  /// std::system_error when the system grants no such memory.
  CodeRegion(std::span<const std::uint8_t> bytes, std::initializer_list<int> executors,
             Isa isa = Isa::kX86_64, FetchRule rule = FetchRule::kByIsa);
  /// The program's own text is a region where it is.  Its pages stay readable and executable; to
  /// Write, open them first.  Throws std::invalid_argument for an empty range, std::system_error
  /// when the system forbids pages that are writable and executable at once.
  explicit CodeRegion(ProgramRange text);
  ~CodeRegion();
  CodeRegion(const CodeRegion&) = delete;
  CodeRegion& operator=(const CodeRegion&) = delete;

  /// The executable address of `offset` bytes from the start.
  std::uintptr_t address(std::size_t offset) const {
    return reinterpret_cast<std::uintptr_t>(executable_) + offset;
  }
  bool contains(std::uintptr_t address) const { return address - this->address(0) < size_; }
  std::size_t size() const { return size_; }
  Isa isa() const { return isa_; }

  /// Overwrites bytes offset … offset + bytes.size() - 1, lowest first.  One fetch unit (a byte on
  /// x86-64, or a quadword: see FetchRule; a word on arm64) changes atomically, several do not.
  /// Caches are the caller's business. Throws std::out_of_range beyond the region,
  /// std::invalid_argument for a part of a unit.
  void Write(std::size_t offset, std::span<const std::uint8_t> bytes);

  /// One unit as the patcher sees it.  Throws as Write does.
  std::uint32_t Read(std::size_t offset) const;

  /// arm64's DC CVAU and IC IVAU; nothing elsewhere.
  void Clean(std::size_t offset) const;
  void Invalidate(std::size_t offset) const;

 private:
  void Check(const char* what, std::size_t offset, std::size_t bytes, std::size_t unit) const;

  Isa isa_;
  std::size_t unit_;    // in bytes, of a store
  std::size_t size_;    // in bytes, as given
  std::size_t mapped_;  // in bytes, whole pages
  bool is_program_ = false;
  std::uint8_t* writable_;
  std::uint8_t* executable_;
};

/// While it lives, a region of the program's text can be written: to private copies of its pages,
/// which other processes do not see, forked ones included.  One at a time for each page.
class OpenText {
 public:
  /// Throws std::system_error.
  explicit OpenText(const CodeRegion& text);
  ~OpenText();
  OpenText(const OpenText&) = delete;
  OpenText& operator=(const OpenText&) = delete;

 private:
  std::uint8_t* begin_;  // whole pages
  std::size_t bytes_;
};

}  // namespace heddle::native
