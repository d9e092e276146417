// Is the program's text patched rightly, beside scenarios that patch their own?
#include "keys/program_text.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <thread>

#include "keys/key.h"
#include "patching/x86_int3.h"
#include "runtime/native/native_runtime.h"
#include "tests/support/key_sites.h"

namespace heddle::keys {
namespace {

TEST(KeyName, HashesAsPublished) {  // the test vectors of FNV-1a
  static_assert(HashOf("") == 0xCBF29CE484222325);
  static_assert(HashOf("a") == 0xAF63DC4C8601EC8C);
  static_assert(HashOf("foobar") == 0x85944171F73967E8);
  EXPECT_EQ(KeyName("foobar").hash, HashOf("foobar"));
}

TEST(ProgramText, KnowsTheSitesOfSeveralSources) {
  // An inline function is one site, or one for each place where it was inlined.
  const auto sites = ProgramText::Get().SitesOf(HashOf("test.shared"));
  EXPECT_GE(sites.size(), 1U);
  EXPECT_TRUE(ProgramText::Get().SitesOf(HashOf("test.unheard of")).empty());
  Key key("test.shared");
  EXPECT_FALSE(IsSharedOn());
  key.Inc();
  EXPECT_TRUE(IsSharedOn());
}

#if defined(__x86_64__)
// Both patchers get the traps of their own text, and the run counts those of the scenario only.
TEST(ProgramText, IsPatchedBesideAScenariosText) {
  using Rt = NativeRuntime;
  native::BeginRun();
  constexpr std::array<std::uint8_t, 6> kMoveOne = {0xB8, 1, 0, 0, 0, 0xC3};
  Rt::CodeRegion text(kMoveOne, {0, 1});
  X86Int3<Rt, 1> poker(text, {});
  Rt::set_trap_handler(&X86Int3<Rt, 1>::OnTrap, &poker);
  Key key("test.shared");
  {
    std::jthread executor([&](const std::stop_token& stop) {
      const native::ThreadContext context(1, -1, native::RunMode::kSample, 1);
      while (!stop.stop_requested()) {
        Rt::call(text, 0);
        (void)IsSharedOn();
      }
    });
    for (int i = 0; i < 100; ++i) {
      key.Inc();
      const int old = 1 + i % 2;
      EXPECT_EQ(poker.Poke(0, X86Instruction::MoveEax(old), X86Instruction::MoveEax(3 - old)),
                PatchError::kNone);
      EXPECT_EQ(Rt::call(text, 0), static_cast<std::uint32_t>(3 - old));
      EXPECT_TRUE(key.Dec());
    }
  }
  EXPECT_EQ(native::FailureCount(), 0U);
  Rt::set_trap_handler(nullptr, nullptr);
}
#endif

}  // namespace
}  // namespace heddle::keys
