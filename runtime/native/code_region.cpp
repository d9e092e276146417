// The mappings behind code_region.h.
#include "runtime/native/code_region.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <system_error>

namespace heddle::native {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

#if defined(__x86_64__)
constexpr bool kTwoMappings = true;
constexpr std::uint8_t kFill = 0xCC;  // INT3: whoever runs off the end traps at once
#else
constexpr bool kTwoMappings = false;
constexpr std::uint8_t kFill = 0x00;  // undefined instruction on arm64
#endif

[[noreturn]] void Refused(const char* call) {
  throw std::system_error(errno, std::generic_category(),
                          std::string("no executable memory for a CodeRegion: ") + call);
}

std::uint8_t* Map(std::size_t bytes, int protection, int flags, int fd) {
  void* memory = mmap(nullptr, bytes, protection, flags, fd, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<std::uint8_t*>(memory);
}

// Relaxed: order between writes comes from the caller's sync_core_all and fences.
template <typename Unit>
void Store(std::uint8_t* to, std::span<const std::uint8_t> bytes) {
  for (std::size_t i = 0; i < bytes.size(); i += sizeof(Unit)) {
    Unit unit{};
    std::memcpy(&unit, &bytes[i], sizeof unit);
    std::atomic_ref(*reinterpret_cast<Unit*>(to + i)).store(unit, std::memory_order_relaxed);
  }
}

}  // namespace

CodeRegion::CodeRegion(std::span<const std::uint8_t> bytes, std::initializer_list<int>, Isa isa,
                       FetchRule rule)
    : isa_(isa),
      unit_(FetchUnit(isa, rule)),
      size_(bytes.size()),
      mapped_(0),
      writable_(nullptr),
      executable_(nullptr) {
  if (isa != kIsa) {
    throw std::invalid_argument(std::string("this text is ") + Name(isa) + "'s and this machine " +
                                Name(kIsa) + ": check it on the model, or run it there");
  }
  if (bytes.empty() || bytes.size() > kMaxBytes) {
    throw std::invalid_argument("a CodeRegion holds 1 … 1048576 bytes, not " +
                                std::to_string(bytes.size()));
  }
  const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  mapped_ = (size_ + page - 1) / page * page;
  if constexpr (kTwoMappings) {
    const int fd = memfd_create("heddle-text", MFD_CLOEXEC);
    if (fd < 0) Refused("memfd_create");
    if (ftruncate(fd, static_cast<off_t>(mapped_)) == 0) {
      writable_ = Map(mapped_, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
      executable_ = Map(mapped_, PROT_READ | PROT_EXEC, MAP_SHARED, fd);
    }
    const int error = errno;
    close(fd);  // the mappings keep the memory
    if (writable_ == nullptr || executable_ == nullptr) {
      if (writable_ != nullptr) munmap(writable_, mapped_);
      if (executable_ != nullptr) munmap(executable_, mapped_);
      errno = error;
      Refused("mmap of a memfd (is /proc/sys/vm/memfd_noexec set?)");
    }
  } else {
    constexpr int kAll = PROT_READ | PROT_WRITE | PROT_EXEC;
    writable_ = executable_ = Map(mapped_, kAll, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (executable_ == nullptr) Refused("mmap of RWX memory");
  }
  std::fill(writable_ + size_, writable_ + mapped_, kFill);
  std::copy(bytes.begin(), bytes.end(), writable_);
  char* const begin = reinterpret_cast<char*>(executable_);
  __builtin___clear_cache(begin, begin + mapped_);  // nothing on x86-64
}

CodeRegion::CodeRegion(ProgramRange text)
    : isa_(kIsa),
      unit_(FetchUnit(kIsa)),
      size_(text.bytes),
      mapped_(0),
      is_program_(true),
      writable_(reinterpret_cast<std::uint8_t*>(text.begin)),
      executable_(writable_) {
  if (text.bytes == 0) throw std::invalid_argument("a CodeRegion holds 1 byte of text or more");
  const OpenText can_be_opened(*this);
}

CodeRegion::~CodeRegion() {
  if (is_program_) return;
  munmap(executable_, mapped_);
  if (writable_ != executable_) munmap(writable_, mapped_);
}

void CodeRegion::Check(const char* what, std::size_t offset, std::size_t bytes,
                       std::size_t unit) const {
  if (offset > size_ || bytes > size_ - offset) {
    throw std::out_of_range(std::string(what) + " beyond the CodeRegion: offset " +
                            std::to_string(offset) + ", " + std::to_string(bytes) +
                            " bytes, region of " + std::to_string(size_));
  }
  if (offset % unit != 0 || bytes % unit != 0) {
    throw std::invalid_argument(std::string(what) + " of a part of a unit: offset " +
                                std::to_string(offset) + ", " + std::to_string(bytes) +
                                " bytes; this text is accessed in aligned units of " +
                                std::to_string(unit) + " bytes");
  }
}

void CodeRegion::Write(std::size_t offset, std::span<const std::uint8_t> bytes) {
  Check("write", offset, bytes.size(), unit_);
  std::uint8_t* const to = writable_ + offset;
  if (unit_ == 1) return Store<std::uint8_t>(to, bytes);
  if (unit_ == 4) return Store<std::uint32_t>(to, bytes);
  Store<std::uint64_t>(to, bytes);
}

std::uint32_t CodeRegion::Read(std::size_t offset) const {
  Check("read", offset, FetchUnit(isa_), FetchUnit(isa_));
  if (isa_ == Isa::kX86_64)
    return std::atomic_ref(writable_[offset]).load(std::memory_order_relaxed);
  return std::atomic_ref(*reinterpret_cast<std::uint32_t*>(writable_ + offset))
      .load(std::memory_order_relaxed);
}

void CodeRegion::Clean([[maybe_unused]] std::size_t offset) const {
#if defined(__aarch64__)
  asm volatile("dc cvau, %0" : : "r"(writable_ + offset) : "memory");
#endif
}

// By the executable address, which is what instruction caches may be indexed by.
void CodeRegion::Invalidate([[maybe_unused]] std::size_t offset) const {
#if defined(__aarch64__)
  asm volatile("ic ivau, %0" : : "r"(executable_ + offset) : "memory");
#endif
}

OpenText::OpenText(const CodeRegion& text) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const std::uintptr_t begin = text.address(0) / page * page;
  bytes_ = (text.address(text.size()) + page - 1) / page * page - begin;
  begin_ = reinterpret_cast<std::uint8_t*>(begin);
  if (mprotect(begin_, bytes_, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
    Refused("mprotect of the program's text");
}

// Taking a right away is never refused.
OpenText::~OpenText() { mprotect(begin_, bytes_, PROT_READ | PROT_EXEC); }

}  // namespace heddle::native
