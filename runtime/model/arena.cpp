#include "runtime/model/arena.h"

#include <sys/mman.h>

#include <atomic>
#include <new>

namespace heddle {
namespace {

// Far from where the loader, the heap, stacks and sanitizers' shadows are, on x86-64 and on arm64
// with 48-bit addresses.  Elsewhere the kernel chooses.
constexpr std::uintptr_t kPreferred = 0x2000'0000'0000;
constexpr std::uintptr_t kSlotBytes = std::uintptr_t{1} << 30;
constexpr int kSlots = 64;

// Machines that are alive at once take slots one after the other.
std::atomic<std::uint64_t> g_slots_in_use{0};

int TakeSlot() {
  for (int i = 0; i < kSlots; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    if ((g_slots_in_use.fetch_or(bit) & bit) == 0) return i;
  }
  return -1;
}

}  // namespace

Arena::Arena(int threads)
    : bytes_(static_cast<std::size_t>(threads + 1) * kBlocksPerThread * kBlockBytes),
      slot_(TakeSlot()) {
  void* const wanted =
      slot_ < 0
          ? nullptr
          : reinterpret_cast<void*>(kPreferred + static_cast<std::uintptr_t>(slot_) * kSlotBytes);
  void* const got = mmap(wanted, bytes_, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (got == MAP_FAILED) throw std::bad_alloc();
  base_ = static_cast<std::byte*>(got);
}

Arena::~Arena() {
  munmap(base_, bytes_);
  if (slot_ >= 0) g_slots_in_use.fetch_and(~(std::uint64_t{1} << slot_));
}

std::pair<int, int> Arena::IndexOf(const void* p) const {
  const std::uintptr_t offset =
      reinterpret_cast<std::uintptr_t>(p) - reinterpret_cast<std::uintptr_t>(base_);
  if (offset >= bytes_) return {-1, 0};
  const auto block = static_cast<int>(offset / kBlockBytes);
  return {block / kBlocksPerThread - 1, block % kBlocksPerThread};
}

void* Arena::Block(int thread, int n) const {
  const int block = (thread + 1) * kBlocksPerThread + n;
  return base_ + static_cast<std::size_t>(block) * kBlockBytes;
}

}  // namespace heddle
