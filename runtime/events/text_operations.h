// Rt's operations of text, as events, over either backend that has such.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "runtime/events/code_region.h"
#include "runtime/events/ipis.h"
#include "runtime/events/label.h"
#include "runtime/events/text.h"

namespace heddle::events {

/// A region of `Backend::Current()`, which has processors(), ipis() and text().
template <typename Backend>
class RegionOf : public CodeRegion {
 public:
  RegionOf(std::span<const std::uint8_t> bytes, std::initializer_list<int> executors,
           Isa isa = Isa::kX86_64, FetchRule rule = FetchRule::kByIsa)
      : CodeRegion(Backend::Current().processors(), Backend::Current().ipis(),
                   Backend::Current().text(), bytes, executors, isa, rule) {}
};

/// Base of a runtime.
template <typename Backend>
struct TextOperations {
  using CodeRegion = RegionOf<Backend>;
  using Here = SourceLocation;

  static void write_code(CodeRegion& text, std::size_t offset, std::span<const std::uint8_t> bytes,
                         Here at = Here::Current()) {
    text.Write(offset, bytes, at);
  }
  static std::uint32_t read_code(CodeRegion& text, std::size_t offset, Here at = Here::Current()) {
    return text.Read(offset, at);
  }
  static void declare_instruction(CodeRegion& text, std::size_t offset,
                                  std::span<const std::uint8_t> bytes) {
    text.Declare(offset, bytes);
  }
  static void clean_code(CodeRegion& text, std::size_t offset, Here at = Here::Current()) {
    text.Maintain(model::Kind::kClean, offset, at);
  }
  static void invalidate_code(CodeRegion& text, std::size_t offset, Here at = Here::Current()) {
    text.Maintain(model::Kind::kInvalidate, offset, at);
  }
  static void synchronize_data(Here at = Here::Current()) {
    if (!Backend::Current().in_thread()) return;
    model::Label barrier = MakeLabel(model::Kind::kFence, model::Order::kSeqCst, at);
    barrier.barrier = Backend::Current().text().DataBarrier();
    Backend::Current().Perform(barrier);
  }
  static void synchronize_context(Here at = Here::Current()) {
    if (Backend::Current().in_thread()) Backend::Current().processors().Serialize(at);
  }
  static void sync_core_all(Here at = Here::Current()) {
    Backend::Current().ipis().All(Ipi::kSerialize, at);
  }
  static void set_sync_flaw(SyncFlaw flaw) { Backend::Current().ipis().SetFlaw(flaw); }
  static void set_trap_handler(TrapHandler handler, void* context) {
    Backend::Current().text().SetTrapHandler(handler, context);
  }
  static bool in_trap() { return Backend::Current().text().InTrap(); }
  static std::uint32_t call(CodeRegion& text, std::size_t offset, Here at = Here::Current()) {
    return Backend::Current().text().Call(text, offset, at);
  }
};

}  // namespace heddle::events
