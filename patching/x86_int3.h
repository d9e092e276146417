// Text poke on x86-64: replaces one 5-byte instruction while other CPUs execute it.
//
// x86 promises old-or-new only for a one-byte store to code; anything longer may be decoded torn
// unless the executing CPU serialises in between.  So a breakpoint byte locks the instruction:
//
//   P0 fill the descriptor, publish refs = 1 with  T1 (trap) INT3 was fetched at the site
//      a new generation
//   P1 wmb                                         T2 rmb
//   P2 write INT3 over the first byte              T3 take a reference, unless refs is 0
//   P3 sync every CPU                              T4 is it the descriptor's site?
//   P4 write the tail                              T5 emulate the NEW instruction
//   P5 sync every CPU                              T6 drop the reference
//   P6 write the new first byte                    T7 return (serialises)
//   P7 sync every CPU
//   P8 drop the own reference, wait until refs is 0
//
// User space delivers the trap late, as a signal: the handler may run after P7 and P8, and even
// during a later poke of the same site.  Hence steps that the kernel does not need:
//   T3b unclaimed: re-read the first byte.  If the breakpoint is gone, retry the instruction.  If
//   it
//       is there, re-read the generation: if it moved, the breakpoint may be a later poke's, so
//       retry; only if it did not is the trap somebody else's.
//   T4b claimed: re-read the first byte under the reference.  If it is no breakpoint, the trap
//       belongs to an earlier poke: retry.  Without it the handler emulates the next poke's
//       instruction before its INT3 is written, and this CPU may then execute the old one again.
//
// Sources: Linux's description of the protocol (arch/x86, text poke); Intel SDM vol. 3A,
// "Handling Self- and Cross-Modifying Code"; docs/how-a-check-works.md for the fetch model.
#pragma once

#include <atomic>
#include <cstddef>

#include "patching/x86_instruction.h"
#include "runtime/runtime.h"

namespace heddle {

/// The protocol's steps, each of which a mutant drops in turn.
struct Int3Steps {
  bool publish_before_int3 = true;  ///< P0 before P2
  bool release_descriptor = true;   ///< P0's store is a release and P1 is there
  bool int3_first = true;           ///< P2, P3
  bool sync_after_int3 = true;      ///< P3
  bool tail_before_first = true;    ///< P4 before P6
  bool sync_after_tail = true;      ///< P5
  bool sync_after_first = true;     ///< P7
  bool wait_for_handlers = true;    ///< P8's wait
  bool fence_on_trap = true;        ///< T2
  bool confirm_claim = true;        ///< T4b
  bool retry_unclaimed = true;      ///< T3b: re-read the byte and retry
  bool recheck_generation = true;   ///< T3b: re-read the generation before giving up
  bool release_reference = true;    ///< T6 is a release
};

/// One patcher at a time (the kernel's text_mutex); any number of executors.  Install
/// HandleTrap as the trap handler before the first Poke.
template <Runtime Rt, Int3Steps kSteps = Int3Steps{}>
class X86Int3 {
 public:
  using Region = typename Rt::CodeRegion;

  /// `offset` is the site's in `text`; it holds `now`.  The site must be at least 5 bytes long.
  X86Int3(Region& text, std::size_t offset, X86Site5 now) : text_(text), offset_(offset) {
    Rt::declare_instruction(text_, offset_, now.Bytes());
  }

  std::uintptr_t site() const { return text_.address(offset_); }

  /// Replaces the instruction at the site.  When it returns, no CPU executes the old one any more.
  void Poke(X86Site5 to) {
    const auto bytes = to.Bytes();
    Rt::declare_instruction(text_, offset_, bytes);
    if constexpr (kSteps.publish_before_int3) Publish(to);
    if constexpr (kSteps.int3_first) {
      WriteFirst(kBreakpoint);  // P2
      if constexpr (!kSteps.publish_before_int3) Publish(to);
      if constexpr (kSteps.sync_after_int3) Rt::sync_core_all();  // P3: nobody decodes old
    }
    if constexpr (kSteps.tail_before_first) {
      WriteTail(bytes);                                           // P4
      if constexpr (kSteps.sync_after_tail) Rt::sync_core_all();  // P5: nobody has a stale tail
    }
    WriteFirst(bytes[0]);  // P6
    if constexpr (!kSteps.tail_before_first) {
      Rt::sync_core_all();
      WriteTail(bytes);
    }
    if constexpr (kSteps.sync_after_first) Rt::sync_core_all();  // P7: nobody traps any more
    Retire();                                                    // P8
  }

  /// T1 to T7.  Safe wherever an INT3 may be hit: takes no lock and executes no patchable code.
  bool HandleTrap(TrapFrame& frame) {
    const std::uintptr_t at = frame.pc() - 1;  // x86 reports the address after the INT3 byte
    // T2 pairs with P1: having fetched INT3, this CPU sees the published descriptor.
    if constexpr (kSteps.fence_on_trap) Rt::fence(std::memory_order_acquire);
    Word word{};
    if (!TakeReference(word)) return RetryUnclaimed(frame, at, word);           // T3, T3b
    const bool ours = site_.load() == at;                                       // T4
    const bool current = ours && (!kSteps.confirm_claim || HoldsBreakpoint());  // T4b
    if (current) instruction_.load().Emulate(frame, at);                        // T5
    DropReference();                                                            // T6
    if (ours && !current) frame.set_pc(at);
    return ours;
  }

  static bool OnTrap(void* self, TrapFrame& frame) {
    return static_cast<X86Int3*>(self)->HandleTrap(frame);
  }

 private:
  static constexpr std::uint8_t kBreakpoint = 0xCC;

  // References in the low byte, generation of the poke above; so at most 255 nested handlers.
  using Word = std::uint64_t;
  static constexpr Word kGeneration = 256;
  static constexpr Word Count(Word word) { return word % kGeneration; }

  void Publish(X86Site5 to) {
    site_.store(site());
    instruction_.store(to);
    // Pairs with T3's acquire: whoever takes a reference sees the descriptor.
    refs_.store(++generation_ * kGeneration + 1,
                kSteps.release_descriptor ? std::memory_order_release : std::memory_order_relaxed);
    if constexpr (kSteps.release_descriptor) Rt::fence(std::memory_order_release);  // P1, with T2
  }

  void WriteFirst(std::uint8_t byte) { Rt::write_code(text_, offset_, {&byte, 1}); }

  void WriteTail(const std::array<std::uint8_t, X86Site5::kLength>& bytes) {
    Rt::write_code(text_, offset_ + 1, std::span(bytes).subspan(1));
  }

  void Retire() {
    // The acquire half pairs with T6: handlers' reads of the descriptor come before its reuse.
    refs_.fetch_sub(1, std::memory_order_acq_rel);
    if constexpr (kSteps.wait_for_handlers) {
      Rt::spin_until([this] { return Count(refs_.load(std::memory_order_acquire)) == 0; },
                     "running trap handlers to drop their references");
    }
  }

  bool TakeReference(Word& word) {
    word = refs_.load(std::memory_order_acquire);
    while (Count(word) != 0) {
      if (refs_.compare_exchange_strong(word, word + 1, std::memory_order_acquire,
                                        std::memory_order_acquire))
        return true;
    }
    return false;
  }

  void DropReference() {
    refs_.fetch_sub(
        1, kSteps.release_reference ? std::memory_order_release : std::memory_order_relaxed);
  }

  bool HoldsBreakpoint() { return Rt::read_code(text_, offset_) == kBreakpoint; }

  bool RetryUnclaimed(TrapFrame& frame, std::uintptr_t at, Word before) {
    if (!kSteps.retry_unclaimed || at != site()) return false;
    if (HoldsBreakpoint()) {
      if constexpr (!kSteps.recheck_generation) return false;
      // Pairs with P1: whose breakpoint this is, that poke's generation is visible.
      Rt::fence(std::memory_order_acquire);
      if (refs_.load(std::memory_order_acquire) / kGeneration == before / kGeneration) return false;
    }
    frame.set_pc(at);
    return true;
  }

  Region& text_;
  const std::size_t offset_;
  // The descriptor: written only while refs is 0, or by the patcher that holds the first reference.
  typename Rt::template Plain<std::uintptr_t> site_{0, "descriptor.site"};
  typename Rt::template Plain<X86Site5> instruction_{X86Site5{}, "descriptor.instruction"};
  typename Rt::template Atomic<Word> refs_{0, "descriptor.refs"};
  Word generation_ = 0;  // the patcher's own
};

}  // namespace heddle
