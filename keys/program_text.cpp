#include "keys/program_text.h"

#include <algorithm>
#include <mutex>
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

}  // namespace

#if defined(__aarch64__)
class ProgramText::Patcher {
 public:
  static constexpr std::size_t kSiteBytes = Arm64Instruction::kLength;
  explicit Patcher(native::ProgramRange range) : text_(range) {}

  /// At most kMostAtOnce.
  PatchError Switch(std::span<const KeySite> sites, bool on) {
    Text::Batch batch(text_);
    for (const KeySite& s : sites) {
      const auto jump = Arm64Instruction::Branch(s.site, s.target);
      if (!jump) return PatchError::kOutOfReach;
      const Arm64Instruction nop = Arm64Instruction::Nop();
      const PatchError error =
          batch.Add(s.site - text_.address(0), on ? nop : *jump, on ? *jump : nop);
      if (error != PatchError::kNone) return error;
    }
    const native::OpenText open(text_);
    return patcher_.PokeAndSync(batch);
  }

 private:
  using Text = Arm64Text<NativeRuntime, kMostAtOnce>;
  native::CodeRegion text_;
  Text patcher_{text_, {}};
};
#else
class ProgramText::Patcher {
 public:
  static constexpr std::size_t kSiteBytes = 5;
  explicit Patcher(native::ProgramRange range) : text_(range) {
    native::SetProgramTrapHandler(&Text::OnTrap, &patcher_);
  }

  /// At most kMostAtOnce.
  PatchError Switch(std::span<const KeySite> sites, bool on) {
    Text::Batch batch(text_);
    for (const KeySite& s : sites) {
      const auto jump = X86Instruction::Jump(s.site, s.target);
      if (!jump) return PatchError::kOutOfReach;
      const X86Instruction nop = X86Instruction::Nop(kSiteBytes);
      const PatchError error =
          batch.Add(s.site - text_.address(0), on ? nop : *jump, on ? *jump : nop);
      if (error != PatchError::kNone) return error;
    }
    const native::OpenText open(text_);
    return patcher_.Poke(batch);
  }

 private:
  using Text = X86Int3<NativeRuntime, kMostAtOnce>;
  native::CodeRegion text_;
  Text patcher_{text_, {}};
};
#endif

ProgramText& ProgramText::Get() {
  static ProgramText& text = *new ProgramText;
  return text;
}

ProgramText::ProgramText() {
  const auto all = AllSites();
  if (all.empty()) return;
  for (const KeySite& s : all) sites_[s.key].push_back(s);
  const auto [first, last] = std::ranges::minmax_element(all, {}, &KeySite::site);
  patcher_ = new Patcher({first->site, last->site + Patcher::kSiteBytes - first->site});
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
  for (std::size_t i = 0; i < sites.size(); i += kMostAtOnce) {
    const auto some = sites.subspan(i, std::min(kMostAtOnce, sites.size() - i));
    const PatchError error = patcher_->Switch(some, on);
    if (error != PatchError::kNone)
      throw std::logic_error(std::string("a site of a static key cannot be switched ") +
                             (on ? "on. " : "off. ") + std::string(Sentence(error)));
  }
}

}  // namespace heddle::keys
