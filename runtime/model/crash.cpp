#include "runtime/model/crash.h"

#include <signal.h>

#include <cstdio>

#include "runtime/model/fiber.h"

namespace heddle {
namespace {

// Nothing can be mapped lower, so this is a null pointer and the offset of a member or element.
constexpr std::uintptr_t kFirstPossibleAddress = 64 * 1024;

std::string At(const Crash& crash) {
  // x86-64 does not tell non-canonical addresses, which look like 0.
  if (crash.code == SI_KERNEL || crash.address >= kFirstPossibleAddress)
    return " at a wild address";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), " at address %#zx",
                static_cast<std::size_t>(crash.address));
  return crash.address == 0 ? " at address 0x0" : text.data();
}

std::string OfSignal(const Crash& crash) {
  const bool sent = crash.code <= 0;  // by raise()
  switch (crash.signal) {
    case SIGSEGV:
      return "segmentation fault" + (sent ? "" : At(crash));
    case SIGBUS:
      return "bus error" + (sent ? "" : At(crash));
    case SIGFPE:
      return crash.code == FPE_INTDIV ? "integer division by zero or overflow" : "arithmetic fault";
    case SIGILL:
      return "illegal instruction";
    case SIGTRAP:
      return "trap instruction";
    default:
      return "abort()";
  }
}

}  // namespace

std::string Describe(const Crash& crash) {
  switch (crash.kind) {
    case Crash::Kind::kSignal:
      return OfSignal(crash);
    case Crash::Kind::kStackOverflow:
      return "stack overflow: more than " + std::to_string(Fiber::kStackBytes / 1024) + " KiB";
    case Crash::Kind::kAssertion:
      return std::string("failed assertion ") + crash.what.data();
    case Crash::Kind::kTerminate:
      return "std::terminate()" + (crash.what[0] == '\0'
                                       ? std::string()
                                       : std::string(" after an exception: ") + crash.what.data());
    case Crash::Kind::kEndlessLoop:
      return "endless loop without an operation";
  }
  return "?";
}

}  // namespace heddle
