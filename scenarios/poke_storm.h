// poke_storm: amid storms of patches, is any instruction torn, lost, or older than before?
//
//     CPU 0, patches                         CPUs 1 and 2, and their handlers, execute
//     a storm: 1 to 64 batches in a row        any of the sites:
//       of some of eight sites:                low = the site's finished (acquire)
//       its started = its next version         r = call its function
//       poke the batch                         high = its started
//       its finished = that (release)          r is of a version from low to high, and no older
//     a pause of 100 ns to 10 ms               than what this CPU ran there before
//
// Versions go round NOP, CALL, JMP.  Functions are 19 bytes apart, so that sites lie at all kinds
// of places, one across two cache lines.  Storms, pauses and handlers come after the model's
// rounds: there, the first site is patched twice, and CPU 1 calls it once.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "patching/x86_int3.h"
#include "runtime/scenario.h"
#include "scenarios/poke_mutants.h"

namespace heddle {

/// The functions and what their sites may hold.
struct ManySites {
  static constexpr std::size_t kSites = 8, kStride = 19, kCall = kSites * kStride,
                               kJump = kCall + 6;
  static constexpr int kVersions = 3;
  // Each: mov eax, 1; site: nop5; ret.  Then, at kCall: mov eax, 2; ret.  At kJump: mov eax, 3;
  // ret.
  static constexpr auto kCode = [] {
    std::array<std::uint8_t, kJump + 6> code{};
    code.fill(kInt3);
    const auto put = [&](std::size_t at, auto... bytes) { ((code[at++] = bytes), ...); };
    using Byte = std::uint8_t;
    for (std::size_t site = 0; site < kSites; ++site)
      put(site * kStride, Byte{0xB8}, Byte{1}, Byte{0}, Byte{0}, Byte{0}, Byte{0x0F}, Byte{0x1F},
          Byte{0x44}, Byte{0}, Byte{0}, Byte{0xC3});
    put(kCall, Byte{0xB8}, Byte{2}, Byte{0}, Byte{0}, Byte{0}, Byte{0xC3});
    put(kJump, Byte{0xB8}, Byte{3}, Byte{0}, Byte{0}, Byte{0}, Byte{0xC3});
    return code;
  }();
  static constexpr std::size_t Entry(std::size_t site) { return site * kStride; }
  static constexpr std::size_t Offset(std::size_t site) { return Entry(site) + 5; }
  static constexpr int Returned(int version) { return version % kVersions + 1; }

  template <typename Region>
  static X86Instruction Version(std::size_t site, int version, const Region& text) {
    const auto at = text.address(Offset(site));
    switch (version % kVersions) {
      case 1:
        return *X86Instruction::Call(at, text.address(kCall));
      case 2:
        return *X86Instruction::Jump(at, text.address(kJump));
      default:
        return X86Instruction::Nop(5);
    }
  }
};

template <Runtime Rt, Int3Steps kSteps = Int3Steps{}>
class PokeStormProgram {
 public:
  PokeStormProgram() { Rt::set_trap_handler(&Poker::OnTrap, &poker_); }

  void Thread(int cpu) { cpu == 0 ? Patch() : Execute(cpu); }
  std::array<Observation, 1> Observed() const { return {returned_[0]}; }

 private:
  static constexpr std::size_t kSites = ManySites::kSites;
  using Poker = X86Int3<Rt, kSites, kSteps>;
  static constexpr int kModelPokes = 2;

  // --- CPU 0

  void Patch() {
    for (int round = 0; Rt::again(round, kModelPokes);) {
      if (round < kModelPokes) {
        ++round;
        Poke(1);
        continue;
      }
      for (int left = 1 << Rt::choose(7); left > 0 && Rt::again(round, 0); --left)
        Poke(1 + static_cast<unsigned>(Rt::choose((1 << kSites) - 1)));
      std::this_thread::sleep_for(Draw());
    }
  }
  /// The next versions of the sites whose bits are set.
  void Poke(unsigned sites) {
    typename Poker::Batch batch(text_);
    bool good = true;
    for (std::size_t site = 0; site < kSites; ++site) {
      if ((sites >> site & 1) == 0) continue;
      const int now = versions_[site];
      started_[site].store(now + 1, std::memory_order_relaxed);
      good = batch.Add(ManySites::Offset(site), ManySites::Version(site, now, text_),
                       ManySites::Version(site, now + 1, text_)) == PatchError::kNone &&
             good;
    }
    Rt::check(good && poker_.Poke(batch) == PatchError::kNone, "the batch was refused");
    for (std::size_t site = 0; site < kSites; ++site) {
      if ((sites >> site & 1) == 0) continue;
      finished_[site].store(++versions_[site], std::memory_order_release);
    }
  }
  static std::chrono::nanoseconds Draw() {
    const int octave = 100 << Rt::choose(17);
    return std::chrono::nanoseconds(octave + Rt::choose(octave));
  }

  // --- CPUs 1 and 2

  void Execute(int cpu) {
    for (const Interrupt kind : {Interrupt::kIrq, Interrupt::kNmi}) {
      Rt::set_interrupt_handler(kind, 0, [this] {
        int any = 0;
        Call(static_cast<std::size_t>(Rt::choose(kSites)), any);
      });
    }
    std::array<int, kSites> seen{};  // versions, at least
    const int bound = cpu == 1 ? 1 : 0;
    for (int round = 0; Rt::again(round, bound); round = bound) {
      const auto site = round < bound ? 0 : static_cast<std::size_t>(Rt::choose(kSites));
      Call(site, seen[site]);
      if (round == bound) Rt::interrupt_point();
    }
  }
  void Call(std::size_t site, int& version) {
    Observation returned = returned_[0];
    const int low = finished_[site].load(std::memory_order_acquire);
    const auto r = static_cast<int>(Rt::call(text_, ManySites::Entry(site)));
    // Pairs with the release fence in Poke: what was executed had been started.
    Rt::fence(std::memory_order_acquire);
    const int high = started_[site].load(std::memory_order_relaxed);
    Rt::observe(returned, r);
    if (version < low) version = low;
    while (ManySites::Returned(version) != r && version <= high) ++version;
    Rt::check(version <= high, "an executor ran an instruction older than one it must have seen");
  }

  using Versions = typename Rt::template Array<typename Rt::template Atomic<int>, kSites>;
  typename Rt::CodeRegion text_{ManySites::kCode, {1, 2}};
  Poker poker_{text_, {{ManySites::Offset(0), ManySites::Version(0, 0, text_)}}};
  std::array<int, kSites> versions_{};  // CPU 0's
  Versions started_{0, "started"}, finished_{0, "finished"};
  std::array<Observation, 1> returned_{{{"returned"}}};
};

struct PokeStorm {
  static constexpr std::string_view kName = "poke_storm";
  static constexpr std::string_view kQuestion =
      "amid storms of patches, is any instruction torn, lost, or older than before? (bound: 2 "
      "pokes of 1 site, 1 call)";
  static constexpr int kThreads = 3;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  struct Family {
    template <Runtime Rt, Int3Steps kSteps = Int3Steps{}>
    using Code = PokeStormProgram<Rt, kSteps>;
  };
  template <Runtime Rt>
  using Program = Family::Code<Rt>;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    return {{{0, 1}, kOk, kOk, kOk, "executed the NOP"},
            {{0, 2}, kOk, kOk, kOk, "executed or emulated the CALL"},
            {{0, 3}, kOk, kOk, kOk, "executed or emulated the JMP"}};
  }
  using Mutants = TypeList<PublishAfterInt3<Family>, NoInt3<Family>, TailAfterFirst<Family>,
                           NoWait<Family>, NoRetry<Family>>;
};

}  // namespace heddle
