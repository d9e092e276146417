// Text poke on x86-64: replaces instructions while other CPUs execute them.
//
// x86 promises old-or-new only for a one-byte store to code; anything longer may be decoded torn
// unless the executing CPU serialises in between.  So a breakpoint byte locks each instruction:
//
//   P0 fill the descriptor, publish refs = 1 with  T1 (trap) INT3 was fetched at a site
//      a new generation
//   P1 wmb                                         T2 rmb
//   P2 write INT3 over each first byte             T3 take a reference, unless refs is 0
//   P3 sync every CPU                              T4 is it one of the descriptor's sites?
//   P4 write the tails                             T5 do what is meant meanwhile: in most cases
//   P5 sync every CPU                                 the NEW instruction
//   P6 write the new first bytes                   T6 drop the reference
//   P7 sync every CPU                              T7 return (serialises)
//   P8 drop the own reference, wait until refs is 0
//
// Instructions of one byte have no P4 and P5.  Where the new instruction is INT3 itself there is no
// P6 and P7, and T5 leaves the trap to its other owner (patching/trap_chain.h).
//
// User space delivers the trap late, as a signal: the handler may run after P7 and P8, and even
// during a later poke.  Hence steps that the kernel does not need:
//   T3b no reference: re-read the first byte.  If the breakpoint is gone, retry the instruction.
//       If it is there, re-read the generation: if it moved, the breakpoint may be a later poke's,
//       so retry; only if it did not is the trap somebody else's.
//   T4b with a reference: re-read the first byte.  If it is no breakpoint, the trap belongs to an
//       earlier poke: retry.  Without it the handler does the next poke's instruction before its
//       INT3 is written, and this CPU may then execute the old one again; or it disowns a trap of
//       an earlier batch that had other sites.  If it is a breakpoint and T4 found no site, it is
//       somebody else's: under the reference no earlier batch has one left, and no later one one
//       yet.
//
// Sources: Linux's description of the protocol (arch/x86, text poke); Intel SDM vol. 3A,
// "Handling Self- and Cross-Modifying Code"; docs/how-a-check-works.md for the fetch model.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <type_traits>

#include "isa/x86_64.h"
#include "patching/patch_error.h"
#include "patching/x86_batch.h"
#include "runtime/runtime.h"

namespace heddle {

/// The protocol's steps, each of which a mutant drops in turn.
struct Int3Steps {
  bool sort_batch = true;           ///< P0: sites in order, for T4's search
  bool publish_before_int3 = true;  ///< P0 before P2
  bool release_descriptor = true;   ///< P0's store is a release and P1 is there
  bool static_descriptor = true;    ///< P0: refs is where handlers can always read it
  bool int3_first = true;           ///< P2, P3
  bool sync_after_int3 = true;      ///< P3
  bool tail_before_first = true;    ///< P4 before P6
  bool sync_after_tail = true;      ///< P5
  bool fence_after_event = true;    ///< before P6
  bool sync_after_first = true;     ///< P7
  bool keep_until_unused = true;    ///< P8: nothing is cleared before refs is 0
  bool wait_for_handlers = true;    ///< P8's wait
  bool acquire_wait = true;         ///< P8's wait is an acquire
  bool fence_on_trap = true;        ///< T2
  bool confirm_claim = true;        ///< T4b, for the descriptor's sites
  bool retry_unlisted = true;       ///< T4b, for other sites
  bool retry_unclaimed = true;      ///< T3b: re-read the byte and retry
  bool recheck_generation = true;   ///< T3b: re-read the generation before giving up
  bool decline_int3 = true;         ///< T5: what is INT3 meanwhile has another owner
  bool release_reference = true;    ///< T6 is a release
};

/// A place in text that may change, and what it holds before threads run.
struct X86Site {
  std::size_t offset;
  X86Instruction now;
};

/// One patcher at a time (the kernel's text_mutex); any number of executors.  Install OnTrap as the
/// trap handler before the first Poke.
template <Runtime Rt, std::size_t kCapacity, Int3Steps kSteps = Int3Steps{}>
class X86Int3 {
 public:
  using Region = typename Rt::CodeRegion;
  using Batch = X86Batch<Rt, kCapacity, kSteps.sort_batch>;

  /// `sites`: all that will ever change.  Of matter to the model only.
  X86Int3(Region& text, std::initializer_list<X86Site> sites) : text_(text) {
    for (const X86Site& s : sites) {
      const auto bytes = s.now.Encode();
      Rt::declare_instruction(text_, s.offset, std::span(bytes).first(s.now.length));
    }
  }

  /// Replaces the instructions at the batch's sites, which are of this region and still as they
  /// were when they were added.  When it returns, no CPU executes an old one any more.
  [[nodiscard]] PatchError Poke(const Batch& batch) {
    return Poke(batch, [](const X86Patch&) {});
  }
  /// Calls `event(patch)` for each site between P5 and P6, when no CPU executes an old instruction
  /// any more and none a new one yet: that is where a TEXT_POKE event belongs.
  template <typename F>
  [[nodiscard]] PatchError Poke(const Batch& batch, F event) {
    if (Rt::in_trap()) return PatchError::kInTrapHandler;
    if (batch.size() == 0) return PatchError::kNone;
    if constexpr (kSteps.publish_before_int3) Publish(batch);
    if constexpr (kSteps.int3_first) {
      for (const X86Patch& p : batch) WriteFirst(p, kInt3);  // P2
      if constexpr (!kSteps.publish_before_int3) Publish(batch);
      if constexpr (kSteps.sync_after_int3) Rt::sync_core_all();  // P3: nobody decodes old
    }
    if constexpr (kSteps.tail_before_first) {
      // P4, P5: nobody has a stale tail.
      if (WriteTails(batch) && kSteps.sync_after_tail) Rt::sync_core_all();
    }
    for (const X86Patch& p : batch) event(p);
    // Pairs with an acquire fence behind the call: whoever executed P6's bytes knows of the event.
    if constexpr (kSteps.fence_after_event) Rt::fence(std::memory_order_release);
    bool written = false;
    for (const X86Patch& p : batch) {
      if (p.to_trap() && kSteps.int3_first) continue;
      WriteFirst(p, p.to.Encode()[0]);  // P6
      written = true;
    }
    if constexpr (!kSteps.tail_before_first) {
      Rt::sync_core_all();
      WriteTails(batch);
    }
    if (written && kSteps.sync_after_first) Rt::sync_core_all();  // P7: nobody traps any more
    Retire();                                                     // P8
    return PatchError::kNone;
  }

  /// Of one site: see X86Batch::Add.
  [[nodiscard]] PatchError Poke(std::size_t offset, const X86Instruction& now,
                                std::optional<X86Instruction> to) {
    Batch batch(text_);
    const PatchError error = batch.Add(offset, now, to);
    return error != PatchError::kNone ? error : Poke(batch);
  }

  /// Before any other CPU executes this text: a plain copy.  Such a CPU must serialise after it has
  /// learnt that the copy is done, and before it executes the text.
  [[nodiscard]] PatchError PokeEarly(const Batch& batch) {
    if (Rt::in_trap()) return PatchError::kInTrapHandler;
    for (const X86Patch& p : batch) WriteFirst(p, p.to.Encode()[0]);
    WriteTails(batch);
    Rt::synchronize_context();
    return PatchError::kNone;
  }

  /// T1 to T7.  Safe wherever an INT3 may be hit: takes no lock and executes no patchable code.
  bool HandleTrap(TrapFrame& frame) {
    const std::uintptr_t at = frame.pc() - 1;  // x86 reports the address after the INT3 byte
    if (!text_.contains(at)) return false;
    // T2 pairs with P1: having fetched INT3, this CPU sees the published descriptor.
    if constexpr (kSteps.fence_on_trap) Rt::fence(std::memory_order_acquire);
    Word word{};
    Descriptor* const descriptor = Current();
    if (descriptor == nullptr || !TakeReference(*descriptor, word))
      return RetryUnclaimed(frame, at, word);                               // T3, T3b
    const std::optional<X86Instruction> meanwhile = Find(*descriptor, at);  // T4
    const bool look = meanwhile ? kSteps.confirm_claim : kSteps.retry_unlisted;
    const bool stale = look && !HoldsBreakpoint(at);  // T4b
    const bool ours =
        meanwhile && (meanwhile->op != X86Instruction::Op::kTrap || !kSteps.decline_int3);
    if (ours && !stale) meanwhile->Execute(frame, at);  // T5
    DropReference(*descriptor);                         // T6
    if (stale) frame.set_pc(at);
    return ours || stale;
  }

  static bool OnTrap(void* self, TrapFrame& frame) {
    return static_cast<X86Int3*>(self)->HandleTrap(frame);
  }

 private:
  // References in the low 16 bits, generation of the poke above; so at most 65,535 handlers at
  // once, over all threads: one more would look like another generation.
  using Word = std::uint64_t;
  static constexpr Word kGeneration = 1 << 16;
  static constexpr Word Count(Word word) { return word % kGeneration; }

  template <typename T>
  using Plain = typename Rt::template Plain<T>;
  template <typename T>
  using Atomic = typename Rt::template Atomic<T>;
  template <typename T>
  using Entries = typename Rt::template Array<Plain<T>, kCapacity>;

  /// Written only while refs is 0, or by the patcher that holds the first reference.
  struct Descriptor {
    Plain<std::uint32_t> size{0, "descriptor.size"};
    Entries<std::uintptr_t> sites{std::uintptr_t{0}, "descriptor.site"};  // sorted
    Entries<X86Instruction> meanwhile{X86Instruction{}, "descriptor.instruction"};
    Atomic<Word> refs{0, "descriptor.refs"};
  };
  struct Nowhere {
    Nowhere(Descriptor*, const char*) {}
  };

  // The mutant's descriptor lives for one poke, as a variable on the patcher's stack does.
  Descriptor* Current() {
    if constexpr (kSteps.static_descriptor)
      return &descriptor_;
    else
      return current_.load(std::memory_order_acquire);
  }

  void Publish(const Batch& batch) {
    Descriptor* d = &descriptor_;
    if constexpr (!kSteps.static_descriptor) d = Rt::template make<Descriptor>();
    std::uint32_t size = 0;
    for (const X86Patch& p : batch) {
      d->sites[size].store(text_.address(p.offset));
      d->meanwhile[size++].store(p.meanwhile);
    }
    d->size.store(size);
    // The patcher's own, or ordered by the lock that patchers take: the newest there is.
    const Word generation = d->refs.load(std::memory_order_relaxed) / kGeneration + 1;
    // Pairs with T3's acquire: whoever takes a reference sees the descriptor.
    d->refs.store(generation * kGeneration + 1, kSteps.release_descriptor
                                                    ? std::memory_order_release
                                                    : std::memory_order_relaxed);
    if constexpr (!kSteps.static_descriptor) current_.store(d, std::memory_order_release);
    if constexpr (kSteps.release_descriptor) Rt::fence(std::memory_order_release);  // P1, with T2
  }

  void WriteFirst(const X86Patch& p, std::uint8_t byte) {
    Rt::write_code(text_, p.offset, {&byte, 1});
  }

  /// Whether there are any.
  bool WriteTails(const Batch& batch) {
    bool any = false;
    for (const X86Patch& p : batch) {
      if (!p.has_tail()) continue;
      any = true;
      const auto bytes = p.to.Encode();
      Rt::write_code(text_, p.offset + 1, std::span(bytes).subspan(1, p.length - 1));
    }
    return any;
  }

  void Retire() {
    Descriptor* const d = Current();
    if constexpr (!kSteps.keep_until_unused) d->size.store(0);
    if constexpr (!kSteps.static_descriptor) current_.store(nullptr, std::memory_order_release);
    // The acquire half pairs with T6: handlers' reads of the descriptor come before its reuse.
    constexpr auto acquire = kSteps.acquire_wait;
    d->refs.fetch_sub(1, acquire ? std::memory_order_acq_rel : std::memory_order_release);
    if constexpr (kSteps.wait_for_handlers) {
      d->refs.await([](Word word) { return Count(word) == 0; },
                    acquire ? std::memory_order_acquire : std::memory_order_relaxed,
                    "running trap handlers to drop their references");
    }
    if constexpr (!kSteps.static_descriptor) Rt::destroy(d);
  }

  bool TakeReference(Descriptor& d, Word& word) {
    word = d.refs.load(std::memory_order_acquire);
    while (Count(word) != 0) {
      if (d.refs.compare_exchange_strong(word, word + 1, std::memory_order_acquire,
                                         std::memory_order_acquire))
        return true;
    }
    return false;
  }

  void DropReference(Descriptor& d) {
    d.refs.fetch_sub(
        1, kSteps.release_reference ? std::memory_order_release : std::memory_order_relaxed);
  }

  /// Binary search; under a reference.
  std::optional<X86Instruction> Find(Descriptor& d, std::uintptr_t at) {
    std::uint32_t low = 0, high = d.size.load();
    while (low < high) {
      const std::uint32_t middle = (low + high) / 2;
      const std::uintptr_t site = d.sites[middle].load();
      if (site == at) return d.meanwhile[middle].load();
      if (site < at)
        low = middle + 1;
      else
        high = middle;
    }
    return std::nullopt;
  }

  bool HoldsBreakpoint(std::uintptr_t at) {
    return Rt::read_code(text_, at - text_.address(0)) == kInt3;
  }

  bool RetryUnclaimed(TrapFrame& frame, std::uintptr_t at, Word before) {
    if constexpr (!kSteps.retry_unclaimed) return false;
    if (HoldsBreakpoint(at)) {
      if constexpr (!kSteps.recheck_generation) return false;
      Descriptor* const d = Current();
      if (d == nullptr) return false;
      // Pairs with P1: whose breakpoint this is, that poke's generation is visible.
      Rt::fence(std::memory_order_acquire);
      if (d->refs.load(std::memory_order_acquire) / kGeneration == before / kGeneration)
        return false;
    }
    frame.set_pc(at);
    return true;
  }

  Region& text_;
  Descriptor descriptor_;
  [[no_unique_address]] std::conditional_t<kSteps.static_descriptor, Nowhere, Atomic<Descriptor*>>
      current_{nullptr, "current descriptor"};
};

}  // namespace heddle
