#include "runtime/model/library_code.h"

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include <unwind.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <utility>

namespace heddle {
namespace {

struct Range {
  std::uintptr_t begin, end;
  bool Contains(std::uintptr_t address) const { return begin <= address && address < end; }
};

struct Libraries {
  std::array<Range, 12> ranges{};
  std::size_t count = 0;
  bool seen_program = false;
};

template <typename F>
std::uintptr_t AddressOf(F* function) {
  return reinterpret_cast<std::uintptr_t>(function);
}

template <typename F>
void ForEachSegment(const struct dl_phdr_info& object, F f) {
  for (int i = 0; i < object.dlpi_phnum; ++i) {
    const auto& segment = object.dlpi_phdr[i];
    if (segment.p_type != PT_LOAD) continue;
    const std::uintptr_t begin = object.dlpi_addr + segment.p_vaddr;
    f(Range{begin, begin + segment.p_memsz}, (segment.p_flags & PF_X) != 0);
  }
}

// One call per loaded object, the program first.
int AddObject(struct dl_phdr_info* object, std::size_t, void* data) {
  auto& libraries = *static_cast<Libraries*>(data);
  if (!std::exchange(libraries.seen_program, true)) return 0;
  // The last two are the loader and what the kernel maps: an allocator with its lock in hand may
  // look for a variable of the thread, or at the clock (AddressSanitizer's does).
  const std::array<std::uintptr_t, 6> inside = {
      AddressOf(&std::malloc),    AddressOf(&dl_iterate_phdr), AddressOf(&_Unwind_RaiseException),
      AddressOf(&std::terminate), getauxval(AT_BASE),          getauxval(AT_SYSINFO_EHDR)};
  bool wanted = false;
  ForEachSegment(*object, [&](Range range, bool) {
    for (const std::uintptr_t address : inside) wanted = wanted || range.Contains(address);
  });
  ForEachSegment(*object, [&](Range range, bool executable) {
    if (wanted && executable && libraries.count < libraries.ranges.size())
      libraries.ranges[libraries.count++] = range;
  });
  return 0;
}

const Libraries& All() {
  static const Libraries libraries = [] {
    Libraries found;
    dl_iterate_phdr(AddObject, &found);
    return found;
  }();
  return libraries;
}

}  // namespace

void FindLibraryCode() { All(); }

bool IsLibraryCode(std::uintptr_t address) {
  const Libraries& libraries = All();  // FindLibraryCode() has been called: only read
  for (std::size_t i = 0; i < libraries.count; ++i)
    if (libraries.ranges[i].Contains(address)) return true;
  return false;
}

}  // namespace heddle
