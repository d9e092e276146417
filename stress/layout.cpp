#include "stress/layout.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

#include "runtime/native/native_runtime.h"

namespace heddle::stress {
namespace {

constexpr std::size_t kPage = 4096 / native::kCacheLine;  // in lines
constexpr std::size_t kLargest = 8192;  // bytes of a program that has several layouts

std::size_t RoundUp(std::size_t n, std::size_t unit) { return (n + unit - 1) / unit * unit; }

}  // namespace

std::size_t Stride(Layout layout, std::size_t lines) {
  switch (layout) {
    case Layout::kApart:
      return lines + 1;
    case Layout::kPages:
      return RoundUp(lines, kPage);
    case Layout::kStaggered:
      return RoundUp(lines, kPage) + 1;
    case Layout::kPacked:
    case Layout::kDense:
      break;
  }
  return lines;
}

std::vector<Layout> LayoutsOf(std::size_t size, std::size_t alignment) {
  if (size > kLargest || alignment > native::kCacheLine) return {Layout::kPacked};
  return {Layout::kPacked, Layout::kApart, Layout::kPages, Layout::kStaggered};
}

BatchMemory::BatchMemory(const std::vector<Layout>& layouts, std::size_t lines,
                         std::size_t programs) {
  std::size_t end = 0;
  for (const Layout layout : layouts) {
    parts_.push_back({layout, end, Stride(layout, lines)});
    end = RoundUp(end + parts_.back().stride * programs, kPage);
  }
  bytes_ = end * native::kCacheLine;
  void* const mapping =
      mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) throw std::bad_alloc();
  begin_ = static_cast<char*>(mapping);
  // Else all programs may lie in one page.
  madvise(mapping, bytes_, MADV_NOHUGEPAGE);
}

BatchMemory::~BatchMemory() { munmap(begin_, bytes_); }

std::vector<Layout> BatchMemory::layouts() const {
  std::vector<Layout> all;
  for (const Part& part : parts_) all.push_back(part.layout);
  return all;
}

std::uint32_t BatchMemory::LineOf(Layout layout, std::uint32_t place) const {
  const auto part =
      std::find_if(parts_.begin(), parts_.end(), [&](const Part& p) { return p.layout == layout; });
  return static_cast<std::uint32_t>(part->first + part->stride * place);
}

}  // namespace heddle::stress
