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

std::uint8_t* MapPages(std::size_t bytes, int protection, int flags, int fd) {
  void* memory = mmap(nullptr, bytes, protection, flags, fd, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<std::uint8_t*>(memory);
}

std::size_t PageSize() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }
std::size_t WholePages(std::size_t bytes) {
  return (bytes + PageSize() - 1) / PageSize() * PageSize();
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
  mapped_ = WholePages(size_);
  Map();
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
      lead_(text.begin % PageSize()),
      is_program_(true),
      writable_(nullptr),
      executable_(nullptr) {
  if (text.bytes == 0) throw std::invalid_argument("a CodeRegion holds 1 byte of text or more");
  mapped_ = WholePages(lead_ + size_);
  auto* const place = reinterpret_cast<std::uint8_t*>(text.begin - lead_);
  Map();
  std::copy(place, place + mapped_, writable_);
  char* const copy = reinterpret_cast<char*>(executable_);
  __builtin___clear_cache(copy, copy + mapped_);
  // Whoever executes the text meanwhile finds the old page or the new one, and they are equal.
  if (mremap(executable_, mapped_, mapped_, MREMAP_MAYMOVE | MREMAP_FIXED, place) == MAP_FAILED) {
    const int error = errno;
    munmap(executable_, mapped_);
    if (kTwoMappings) munmap(writable_, mapped_);
    errno = error;
    Refused("mremap over the program's text");
  }
  executable_ = place;
  if (!kTwoMappings) writable_ = place;
  writable_ += lead_;
  executable_ += lead_;
  __builtin___clear_cache(reinterpret_cast<char*>(place), reinterpret_cast<char*>(place + mapped_));
}

void CodeRegion::Map() {
  if constexpr (kTwoMappings) {
    const int fd = memfd_create("heddle-text", MFD_CLOEXEC);
    if (fd < 0) Refused("memfd_create");
    if (ftruncate(fd, static_cast<off_t>(mapped_)) == 0) {
      writable_ = MapPages(mapped_, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
      executable_ = MapPages(mapped_, PROT_READ | PROT_EXEC, MAP_SHARED, fd);
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
    writable_ = executable_ = MapPages(mapped_, kAll, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (executable_ == nullptr) Refused("mmap of RWX memory");
  }
}

CodeRegion::~CodeRegion() {
  if (!is_program_) munmap(executable_, mapped_);
  if (writable_ != executable_) munmap(writable_ - lead_, mapped_);
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

}  // namespace heddle::native
