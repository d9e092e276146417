#include "runtime/check/exit_guard.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace heddle {
namespace {

const ExitGuard* g_innermost = nullptr;

void OnExit() {
  if (g_innermost == nullptr) return;
  std::fflush(stdout);
  std::fprintf(stderr,
               "heddle: %s called exit(), which would have ended heddle without a verdict\n",
               g_innermost->who().c_str());
  std::_Exit(1);
}

}  // namespace

ExitGuard::ExitGuard(std::string who)
    : who_(std::move(who)), outer_(std::exchange(g_innermost, this)) {
  static const int registered = std::atexit(OnExit);
  static_cast<void>(registered);
}

ExitGuard::~ExitGuard() { g_innermost = outer_; }

}  // namespace heddle
