#include "keys/program_text.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>

#include "patching/patch_error.h"
#include "runtime/native/native_runtime.h"
#if defined(__aarch64__)
#include "patching/arm64_text.h"
#else
#include "patching/x86_int3.h"
#endif

// The linker's, around the section; null in a program without sites.
extern "C" {
extern const heddle::keys::KeySite __start_heddle_keys[] __attribute__((weak));
extern const heddle::keys::KeySite __stop_heddle_keys[] __attribute__((weak));
}

namespace heddle::keys {
namespace {

constexpr std::size_t kMostAtOnce = 64;

std::span<const KeySite> AllSites() {
  const KeySite* const first = __start_heddle_keys;
  if (first == nullptr) return {};
  return {first, __stop_heddle_keys};
}

// What differs between architectures.
#if defined(__aarch64__)
struct Arch {
  using Instruction = Arm64Instruction;
  using Text = Arm64Text<NativeRuntime, kMostAtOnce>;
  static constexpr std::size_t kSiteBytes = Arm64Instruction::kLength;

  static void HandleTraps(Text&) {}  // it needs none
  static std::optional<Instruction> Jump(const KeySite& s) {
    return Instruction::Branch(s.site, s.target);
  }
  static Instruction Nop() { return Instruction::Nop(); }
  static PatchError Poke(Text& text, const Text::Batch& batch) { return text.PokeAndSync(batch); }
};
#else
struct Arch {
  using Instruction = X86Instruction;
  using Text = X86Int3<NativeRuntime, kMostAtOnce>;
  static constexpr std::size_t kSiteBytes = 5;

  static void HandleTraps(Text& text) { native::SetProgramTrapHandler(&Text::OnTrap, &text); }
  static std::optional<Instruction> Jump(const KeySite& s) {
    return Instruction::Jump(s.site, s.target);
  }
  static Instruction Nop() { return Instruction::Nop(kSiteBytes); }
  static PatchError Poke(Text& text, const Text::Batch& batch) { return text.Poke(batch); }
};
#endif

}  // namespace

class ProgramText::Patcher {
 public:
  explicit Patcher(native::ProgramRange range) : text_(range) { Arch::HandleTraps(patcher_); }

  /// Nothing is changed if it fails: all sites are looked at before the first one is written.
  PatchError Switch(std::span<const KeySite> sites, bool on) {
    if (NativeRuntime::in_trap()) return PatchError::kInTrapHandler;
    std::vector<Arch::Text::Batch> batches;
    for (std::size_t i = 0; i < sites.size(); ++i) {
      if (i % kMostAtOnce == 0) batches.emplace_back(text_);
      const KeySite& s = sites[i];
      const auto jump = Arch::Jump(s);
      if (!jump) return PatchError::kOutOfReach;
      const PatchError error = batches.back().Add(
          s.site - text_.address(0), on ? Arch::Nop() : *jump, on ? *jump : Arch::Nop());
      if (error != PatchError::kNone) return error;
    }
    const native::OpenText open(text_);
    for (const auto& batch : batches) {
      const PatchError error = Arch::Poke(patcher_, batch);
      if (error != PatchError::kNone) return error;
    }
    return PatchError::kNone;
  }

 private:
  native::CodeRegion text_;
  Arch::Text patcher_{text_, {}};
};

ProgramText& ProgramText::Get() {
  static ProgramText& text = *new ProgramText;
  return text;
}

ProgramText::ProgramText() {
  const auto all = AllSites();
  if (all.empty()) return;
  for (const KeySite& s : all) sites_[s.key].push_back(s);
  const auto [first, last] = std::ranges::minmax_element(all, {}, &KeySite::site);
  patcher_ = new Patcher({first->site, last->site + Arch::kSiteBytes - first->site});
}

std::span<const KeySite> ProgramText::SitesOf(std::uint64_t key) const {
  const auto found = sites_.find(key);
  if (found == sites_.end()) return {};
  return found->second;
}

void ProgramText::Switch(std::uint64_t key, bool on) {
  static std::mutex text_mutex;  // the protocols take one patcher at a time
  const std::lock_guard lock(text_mutex);
  const auto sites = SitesOf(key);
  if (sites.empty()) return;
  const PatchError error = patcher_->Switch(sites, on);
  if (error != PatchError::kNone)
    throw std::logic_error(std::string("the sites of a static key cannot be switched ") +
                           (on ? "on. " : "off. ") + std::string(Sentence(error)));
}

}  // namespace heddle::keys
