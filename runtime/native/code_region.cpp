// The mappings behind code_region.h.
#include "runtime/native/code_region.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
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

}  // namespace

CodeRegion::CodeRegion(std::span<const std::uint8_t> bytes, std::initializer_list<int>)
    : size_(bytes.size()), mapped_(0), writable_(nullptr), executable_(nullptr) {
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
  Write(0, bytes);
}

CodeRegion::~CodeRegion() {
  munmap(executable_, mapped_);
  if (writable_ != executable_) munmap(writable_, mapped_);
}

void CodeRegion::Write(std::size_t offset, std::span<const std::uint8_t> bytes) {
  if (offset > size_ || bytes.size() > size_ - offset) {
    throw std::out_of_range("write beyond the CodeRegion: offset " + std::to_string(offset) + ", " +
                            std::to_string(bytes.size()) + " bytes, region of " +
                            std::to_string(size_));
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    // Relaxed: order between writes comes from the caller's sync_core_all and fences.
    std::atomic_ref(writable_[offset + i]).store(bytes[i], std::memory_order_relaxed);
  }
#if !defined(__x86_64__)
  // x86 keeps instruction caches coherent; elsewhere the executed address must be cleaned and
  // invalidated, or CPUs may fetch the old bytes for ever.
  char* begin = reinterpret_cast<char*>(executable_ + offset);
  __builtin___clear_cache(begin, begin + bytes.size());
#endif
}

std::uint8_t CodeRegion::Read(std::size_t offset) const {
  if (offset >= size_) {
    throw std::out_of_range("read beyond the CodeRegion: offset " + std::to_string(offset) +
                            ", region of " + std::to_string(size_));
  }
  return std::atomic_ref(writable_[offset]).load(std::memory_order_relaxed);
}

}  // namespace heddle::native
