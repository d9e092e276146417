// Changing instructions while the machine is stopped: the function that every CPU calls in Run.
//
//   S1 count the arrival                  S5 (the others) wait until the count is past all CPUs
//   S2 (the last to arrive) write         S6 synchronise the context: forget what was fetched
//   S3 make it visible to fetches
//   S4 count once more (release)
//
// Nobody executes the text meanwhile, so any instruction may be replaced by any other, of any
// length; S3's maintenance comes before S4, which S5 acquires, so what is fetched after S6 is new.
// That the *last* one writes matters where Run does not wait for everyone (bug museum 13).
//
// Sources: Linux's aarch64_insn_patch_text (described in shared terms in docs/museum.md); Arm ARM
// B2.2.5; Intel SDM vol. 3A, "Handling Self- and Cross-Modifying Code".
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/runtime.h"

namespace heddle {

/// The protocol's steps, each of which a mutant drops in turn.
struct StoppedTextSteps {
  bool last_writes = true;          ///< S2; false: the first to arrive
  bool clean = true;                ///< S3: DC CVAU, DSB
  bool invalidate = true;           ///< S3: IC IVAU, DSB
  bool release_count = true;        ///< S4
  bool wait_for_writer = true;      ///< S5
  bool synchronize_context = true;  ///< S6
  bool loop_stays_out = true;       ///< S5's loop executes nothing that is being changed
};

/// What StopMachine::Stop is to call on all of `kCpus` CPUs.
template <Runtime Rt, int kCpus, StoppedTextSteps kSteps = StoppedTextSteps{}>
class StoppedText {
 public:
  using Region = typename Rt::CodeRegion;

  explicit StoppedText(Region& text) : text_(text) {}

  /// By the initiator, before the machine is stopped: what is to be written where.
  /// `bytes` must live until the stop is over.
  void Prepare(std::size_t offset, std::span<const std::uint8_t> bytes) {
    Rt::declare_instruction(text_, offset, bytes);
    offset_ = offset;
    bytes_ = bytes;
    arrived_.store(0, std::memory_order_relaxed);  // published by the stop
  }

  void operator()(int) {
    const int before = arrived_.fetch_add(1, std::memory_order_acq_rel);  // S1
    if (before == (kSteps.last_writes ? kCpus - 1 : 0)) {
      Write();
    } else if constexpr (kSteps.wait_for_writer) {
      if constexpr (!kSteps.loop_stays_out) Rt::call(text_, 0);
      arrived_.await([](int n) { return n > kCpus; }, std::memory_order_acquire,
                     "the CPU that changes the text");  // S5
    }
    if constexpr (kSteps.synchronize_context) Rt::synchronize_context();  // S6
  }

 private:
  void Write() {
    const std::size_t unit = FetchUnit(text_.isa());
    Rt::write_code(text_, offset_, bytes_);  // S2
    if constexpr (kSteps.clean) {            // S3
      for (std::size_t i = 0; i < bytes_.size(); i += unit) Rt::clean_code(text_, offset_ + i);
      Rt::synchronize_data();
    }
    if constexpr (kSteps.invalidate) {
      for (std::size_t i = 0; i < bytes_.size(); i += unit) Rt::invalidate_code(text_, offset_ + i);
      Rt::synchronize_data();
    }
    arrived_.fetch_add(
        1, kSteps.release_count ? std::memory_order_release : std::memory_order_relaxed);  // S4
  }

  Region& text_;
  std::size_t offset_ = 0;                 // these two are the initiator's until it stops the
  std::span<const std::uint8_t> bytes_{};  // machine, and constant till that is over
  typename Rt::template Atomic<int> arrived_{0, "patch.arrived"};
};

}  // namespace heddle
