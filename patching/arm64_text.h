// Text poke on arm64: replaces instructions while other CPUs execute them.
//
// A word of code is stored at once, but a CPU may execute the old one until its caches and its
// pipeline have let go of it.  And only a few instructions may change under a running CPU at all
// (isa/arm64.h).  Three protocols, each with the steps of the one before:
//
// PokeNosync, for each word                   afterwards a CPU executes the new word from its next
//   N1 store the word                         context synchronisation on, however late that is
//   N2 DC CVAU  (not needed if IDC)
//   N3 DSB
//   N4 IC IVAU  (not needed if DIC)
//   N5 DSB
//   N6 ISB: the patcher's own context
//
// PokeAndSync                                 afterwards no CPU executes the old word
//   N1 … N6
//   S1 sync every CPU
//
// PokeByBreakpoint                            besides, there is one moment before which every CPU
//   B0 fill the descriptor, publish refs = 1  runs the old instruction and after which every CPU
//      with a new generation                  runs the new one: B4
//   B1 DMB                                     T1 (trap) BRK was fetched at a site
//   B2 N1 … N6 with BRK                        T2 take a reference, unless refs is 0
//   B3 sync every CPU: nobody executes old     T3 is it one of the descriptor's sites?
//   B4 TEXT_POKE event                         T4 do the old instruction until B5, then the new
//   B5 turn the descriptor to "new", DMB       T5 drop the reference
//   B6 N1 … N6 with the new word               T6 return (synchronises the context)
//   B7 sync every CPU: nobody traps any more
//   B8 drop the own reference, wait until refs is 0
//
// The proposal that this completes (seed of the idea: a mail thread of 2019 on a TEXT_POKE event
// for perf) is B0, B2, B4, B6 and T3, T4 with the new instruction from the start.  What the others
// are for, each has a mutant to show.  T4's "until B5" is our own: instruction caches that are not
// coherent may yield BRK first and the old word once more afterwards, so a handler that does the
// new instruction at once lets a CPU go back in time.  It also spares the handler the look at the
// site that x86_int3.h calls T4b: claimed too early, a trap of an earlier poke does that one's new
// instruction, which is this one's old one.
//
// User space delivers the trap late, as a signal: the handler may run after B8, and even during a
// later poke.  Hence
//   T2b no reference: re-read the word.  If BRK is gone, retry the instruction.  If it is there,
//       re-read the generation: if it moved, BRK may be a later poke's, so retry; only if it did
//       not is the trap somebody else's.
//   T3b none of the sites: re-read the word.  If BRK is gone, retry; else it is somebody else's,
//       for under the reference no earlier poke has one left, and no later one one yet.
//
// T1 needs no barrier: a fetch is ordered before all that its CPU does later but fetches.
//
// Sources: Linux's description of arch/arm64 text patching; Arm ARM (DDI 0487), B2.2.5 and the
// instruction fetch model of docs/adr/0010-arm64-instruction-fetch.md.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>

#include "isa/arm64.h"
#include "patching/arm64_batch.h"
#include "runtime/runtime.h"

namespace heddle {

/// The protocols' steps, each of which a mutant drops in turn.
struct Arm64Steps {
  bool clean = true;                ///< N2
  bool wait_for_clean = true;       ///< N3
  bool invalidate = true;           ///< N4
  bool wait_for_invalidate = true;  ///< N5
  bool synchronize_context = true;  ///< N6
  bool sync = true;                 ///< S1
  bool publish_before_brk = true;   ///< B0 before B2
  bool release_descriptor = true;   ///< B0's store of refs is a release
  bool fence_after_publish = true;  ///< B1
  bool sync_after_brk = true;       ///< B3
  bool event_before_new = true;     ///< B4 before B6
  bool old_until_event = true;      ///< B5, T4
  bool fence_before_new = true;     ///< B5's DMB
  bool sync_after_new = true;       ///< B7
  bool retire = true;               ///< B8
  bool wait_for_handlers = true;    ///< B8's wait
  bool acquire_wait = true;         ///< B8 acquires
  bool release_reference = true;    ///< T5 is a release
  bool take_reference = true;       ///< T2, T5
  bool retry_unclaimed = true;      ///< T2b: re-read the word and retry
  bool retry_unlisted = true;       ///< T3b
  bool recheck_generation = true;   ///< T2b: re-read the generation before giving up
};

/// A place in text that may change, and what it holds before threads run.
struct Arm64Site {
  std::size_t offset;
  Arm64Instruction now;
};

/// One patcher at a time; any number of executors.  Install OnTrap as the trap handler before the
/// first PokeByBreakpoint.
template <Runtime Rt, std::size_t kCapacity, Arm64Steps kSteps = Arm64Steps{}>
class Arm64Text {
 public:
  using Region = typename Rt::CodeRegion;
  using Batch = Arm64Batch<Rt, kCapacity>;

  /// `sites`: all that will ever change.  Of matter to the model only.
  Arm64Text(Region& text, std::initializer_list<Arm64Site> sites) : text_(text) {
    for (const Arm64Site& s : sites) Rt::declare_instruction(text_, s.offset, s.now.Bytes());
  }

  [[nodiscard]] PatchError PokeNosync(const Batch& batch) {
    if (Rt::in_trap()) return PatchError::kInTrapHandler;
    Write(batch, &Arm64Patch::to);
    return PatchError::kNone;
  }

  [[nodiscard]] PatchError PokeAndSync(const Batch& batch) {
    const PatchError error = PokeNosync(batch);
    if (error == PatchError::kNone && kSteps.sync) Rt::sync_core_all();  // S1
    return error;
  }

  /// Calls `event(patch)` for each site at B4.
  template <typename Event>
  [[nodiscard]] PatchError PokeByBreakpoint(const Batch& batch, Event&& event) {
    if (Rt::in_trap()) return PatchError::kInTrapHandler;
    for (const Arm64Patch& p : batch)
      if (!CanEmulate(p.now) || !CanEmulate(p.to)) return PatchError::kNotEmulated;
    if constexpr (kSteps.publish_before_brk) Publish(batch);  // B0, B1
    Write(batch, nullptr);                                    // B2
    if constexpr (!kSteps.publish_before_brk) Publish(batch);
    if constexpr (kSteps.sync_after_brk) Rt::sync_core_all();  // B3
    const auto tell = [&] {
      for (const Arm64Patch& p : batch) event(p);
    };
    if constexpr (kSteps.event_before_new) tell();  // B4
    if constexpr (kSteps.old_until_event) {         // B5
      // Release: who finds the descriptor turned also finds the event.
      refs_.fetch_add(kTurned, std::memory_order_release);
    }
    // With T1: who has executed the new word finds the event and the descriptor turned.
    if constexpr (kSteps.fence_before_new) Rt::fence(std::memory_order_release);
    Write(batch, &Arm64Patch::to);  // B6
    if constexpr (!kSteps.event_before_new) tell();
    if constexpr (kSteps.sync_after_new) Rt::sync_core_all();  // B7
    if constexpr (kSteps.retire) Retire();                     // B8
    return PatchError::kNone;
  }

  [[nodiscard]] PatchError PokeByBreakpoint(const Batch& batch) {
    return PokeByBreakpoint(batch, [](const Arm64Patch&) {});
  }

  /// T1 to T6.  Safe wherever a BRK may be hit: takes no lock and executes no patchable code.
  bool HandleTrap(TrapFrame& frame) {
    const std::uintptr_t at = frame.pc();
    Word word = refs_.load(std::memory_order_acquire);
    if (!TakeReference(word)) return RetryUnclaimed(frame, at, word);  // T2, T2b
    const std::size_t site = Find(at);                                 // T3
    const bool ours = site < kCapacity;
    if (ours) {
      const bool turned = !kSteps.old_until_event || (word & kTurned) != 0;
      (turned ? new_[site] : old_[site]).load().Execute(frame, at);  // T4
    }
    const bool retry =
        !ours && kSteps.retry_unlisted && IsOfRegion(at) && !HoldsBreakpoint(at);  // T3b
    if constexpr (kSteps.take_reference)
      refs_.fetch_sub(1, kSteps.release_reference ? std::memory_order_release
                                                  : std::memory_order_relaxed);  // T5
    return ours || retry;
  }

  static bool OnTrap(void* self, TrapFrame& frame) {
    return static_cast<Arm64Text*>(self)->HandleTrap(frame);
  }

 private:
  // References in the low 16 bits, so at most 65,535 handlers at once, over all threads; then
  // whether the new instruction is the one to do; the generation above.
  using Word = std::uint64_t;
  static constexpr Word kTurned = 1 << 16, kGeneration = 1 << 17;
  static constexpr Word Count(Word word) { return word % kTurned; }

  static constexpr bool CanEmulate(const Arm64Instruction& insn) {
    using Op = Arm64Instruction::Op;
    return insn.op == Op::kNop || insn.op == Op::kBranch || insn.op == Op::kBranchLink;
  }

  // N1 to N6, each for all words; a null `which` means BRK.
  void Write(const Batch& batch, Arm64Instruction Arm64Patch::*which) {
    for (const Arm64Patch& p : batch) {
      const Arm64Instruction insn = which != nullptr ? p.*which : Arm64Instruction::Trap();
      Rt::write_code(text_, p.offset, insn.Bytes());                // N1
      if constexpr (kSteps.clean) Rt::clean_code(text_, p.offset);  // N2
    }
    if constexpr (kSteps.wait_for_clean) Rt::synchronize_data();  // N3
    if constexpr (kSteps.invalidate) {
      for (const Arm64Patch& p : batch) Rt::invalidate_code(text_, p.offset);  // N4
    }
    if constexpr (kSteps.wait_for_invalidate) Rt::synchronize_data();     // N5
    if constexpr (kSteps.synchronize_context) Rt::synchronize_context();  // N6
  }

  void Publish(const Batch& batch) {
    std::size_t i = 0;
    for (const Arm64Patch& p : batch) {
      sites_[i].store(text_.address(p.offset));
      old_[i].store(p.now);
      new_[i].store(p.to);
      ++i;
    }
    size_.store(batch.size());
    // Pairs with T2's acquire: whoever takes a reference sees the descriptor.
    refs_.store(++generation_ * kGeneration + 1,
                kSteps.release_descriptor ? std::memory_order_release : std::memory_order_relaxed);
    // With T1: whoever has fetched BRK finds refs = 1.
    if constexpr (kSteps.fence_after_publish) Rt::fence(std::memory_order_release);  // B1
  }

  void Retire() {
    // The acquire half pairs with T5: handlers' reads of the descriptor come before its reuse.
    constexpr auto order =
        kSteps.acquire_wait ? std::memory_order_acquire : std::memory_order_relaxed;
    refs_.fetch_sub(1, order);
    if constexpr (kSteps.wait_for_handlers) {
      refs_.await([](Word word) { return Count(word) == 0; }, order,
                  "running trap handlers to drop their references");
    }
  }

  bool TakeReference(Word& word) {
    while (Count(word) != 0) {
      if constexpr (!kSteps.take_reference) return true;
      if (refs_.compare_exchange_strong(word, word + 1, std::memory_order_acquire,
                                        std::memory_order_acquire))
        return true;
    }
    return false;
  }

  // Of the site in the descriptor; kCapacity if it is none.  Requires a reference.
  std::size_t Find(std::uintptr_t at) {
    std::size_t low = 0, high = size_.load();
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      const std::uintptr_t site = sites_[middle].load();
      if (site == at) return middle;
      (site < at) ? void(low = middle + 1) : void(high = middle);
    }
    return kCapacity;
  }

  bool IsOfRegion(std::uintptr_t at) const {
    return text_.contains(at) && (at - text_.address(0)) % Arm64Instruction::kLength == 0;
  }
  bool HoldsBreakpoint(std::uintptr_t at) {
    const std::uint32_t word = Rt::read_code(text_, at - text_.address(0));
    return Arm64Instruction::Decode(word).op == Arm64Instruction::Op::kTrap;
  }

  bool RetryUnclaimed(TrapFrame&, std::uintptr_t at, Word before) {
    if (!kSteps.retry_unclaimed || !IsOfRegion(at)) return false;
    if (!HoldsBreakpoint(at)) return true;  // BRK has left the program counter at the site
    if constexpr (!kSteps.recheck_generation) return false;
    // Pairs with B1: whose breakpoint this is, that poke's generation is visible.
    Rt::fence(std::memory_order_acquire);
    return refs_.load(std::memory_order_acquire) / kGeneration != before / kGeneration;
  }

  template <typename T>
  using Cells = typename Rt::template Array<typename Rt::template Plain<T>, kCapacity>;

  Region& text_;
  // The descriptor, by address: written only while refs is 0, or by the patcher that holds the
  // first reference.
  Cells<std::uintptr_t> sites_{std::uintptr_t{0}, "descriptor.site"};
  Cells<Arm64Instruction> old_{Arm64Instruction{}, "descriptor.old"};
  Cells<Arm64Instruction> new_{Arm64Instruction{}, "descriptor.new"};
  typename Rt::template Plain<std::size_t> size_{0, "descriptor.size"};
  typename Rt::template Atomic<Word> refs_{0, "descriptor.refs"};
  Word generation_ = 0;  // the patcher's own
};

}  // namespace heddle
