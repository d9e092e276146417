// Scenarios that do to their process what they can, for tests of the heddle command.
#include <signal.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

#include "cli/register.h"

namespace {

using namespace heddle;
using namespace std::chrono_literals;

template <typename Rt>
inline constexpr bool kInModel = std::is_same_v<Rt, ModelRuntime>;

template <typename Does>
struct Unruly {
  static constexpr std::string_view kName = Does::kName;
  static constexpr std::string_view kQuestion = "what becomes of the others?";
  static constexpr int kThreads = 1;
  static constexpr Shape kShape = Shape::kSample;
  static std::vector<Expect> Expected() {
    using enum Grade;
    return {{{1}, kAllowed, kAllowed, kAllowed, "it went on"}};
  }
  template <Runtime Rt>
  struct Program {
    void Thread(int) {
      value.store(1, std::memory_order_relaxed);
      Does::template Run<Rt>();
      Rt::observe(seen, value.load(std::memory_order_relaxed));
    }
    std::array<Observation, 1> Observed() const { return {seen}; }
    typename Rt::template Atomic<int> value{0, "value"};
    Observation seen{"seen"};
  };
  using Mutants = TypeList<>;
};

struct Exits {
  static constexpr std::string_view kName = "exits";
  template <typename Rt>
  static void Run() {
    if constexpr (kInModel<Rt>) std::exit(0);
  }
};
struct Sleeps {
  static constexpr std::string_view kName = "sleeps";
  template <typename Rt>
  static void Run() {
    if constexpr (kInModel<Rt>) std::this_thread::sleep_for(1h);
  }
};
struct Masks {
  static constexpr std::string_view kName = "masks";
  template <typename Rt>
  static void Run() {
    if constexpr (!kInModel<Rt>) return;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, nullptr);
    for (;;) asm volatile("");
  }
};
struct Allocates {
  static constexpr std::string_view kName = "allocates";
  template <typename Rt>
  static void Run() {
    if constexpr (!kInModel<Rt>) return;
    constexpr std::size_t kBytes = std::size_t{64} << 20;
    for (;;) {
      volatile char* const block = new char[kBytes];
      for (std::size_t i = 0; i < kBytes; i += 4096) block[i] = 1;
    }
  }
};
struct EndsWithThree {
  static constexpr std::string_view kName = "ends_with_three";
  template <typename Rt>
  static void Run() {
    if constexpr (!kInModel<Rt>) std::_Exit(3);
  }
};
struct ThrowsBytes {
  static constexpr std::string_view kName = "throws_bytes";
  template <typename Rt>
  static void Run() {
    throw std::runtime_error("not UTF-8: \xff\xfe");
  }
};
struct Crashes {
  static constexpr std::string_view kName = "crashes";
  template <typename Rt>
  static void Run() {
    if constexpr (kInModel<Rt>) return;
    int* volatile nowhere = reinterpret_cast<int*>(8);
    *nowhere = 1;
  }
};
struct Behaves {
  static constexpr std::string_view kName = "behaves";
  template <typename Rt>
  static void Run() {}
};

const Register<
    TypeList<Unruly<Exits>, Unruly<Sleeps>, Unruly<Masks>, Unruly<Allocates>, Unruly<EndsWithThree>,
             Unruly<ThrowsBytes>, Unruly<Crashes>, Unruly<Behaves>>>
    kRegistered;

}  // namespace
