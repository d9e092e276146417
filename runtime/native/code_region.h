// Where does executable text live, and how is it written while it runs?
//
// x86-64: one memfd mapped twice, RX for the CPUs and RW for the patcher, so that no page is ever
// writable and executable at one address.  Elsewhere: one RWX mapping, because emulators keep
// translated code until the executed address itself is written.
//
// write and read may race with each other and with execution: bytes are written one at a time by
// relaxed atomic stores.  What a racing CPU executes is the patching protocol's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

namespace heddle::native {

class CodeRegion {
 public:
  /// `bytes` (1 byte … 1 MiB) become executable at address(0); the rest of the last page traps.
  /// `executors`, the scenario's CPUs that run it, matter to the model only.  Throws
  /// std::invalid_argument on a bad size, std::system_error when the system grants no such memory.
  CodeRegion(std::span<const std::uint8_t> bytes, std::initializer_list<int> executors);
  ~CodeRegion();
  CodeRegion(const CodeRegion&) = delete;
  CodeRegion& operator=(const CodeRegion&) = delete;

  /// The executable address of `offset` bytes from the start.
  std::uintptr_t address(std::size_t offset) const {
    return reinterpret_cast<std::uintptr_t>(executable_) + offset;
  }
  bool contains(std::uintptr_t address) const { return address - this->address(0) < size_; }
  std::size_t size() const { return size_; }

  /// Overwrites bytes offset … offset + bytes.size() - 1, lowest first.  One byte changes
  /// atomically, several do not.  Throws std::out_of_range beyond the region.
  void Write(std::size_t offset, std::span<const std::uint8_t> bytes);

  /// One byte as the patcher sees it.  Throws std::out_of_range beyond the region.
  std::uint8_t Read(std::size_t offset) const;

 private:
  std::size_t size_;    // in bytes, as given
  std::size_t mapped_;  // in bytes, whole pages
  std::uint8_t* writable_;
  std::uint8_t* executable_;
};

}  // namespace heddle::native
