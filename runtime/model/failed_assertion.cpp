// What does assert() do in code under test that fails it?
//
// It would print its message and call abort(), whose handler cannot know the message.  So glibc's
// function is replaced by one that tells the crash guard first.  Elsewhere (another C library)
// reports say "abort()".
#include <features.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "runtime/model/crash_guard.h"

#ifdef __GLIBC__
extern "C" [[gnu::noreturn]] void __assert_fail(const char* assertion, const char* file,
                                                unsigned int line, const char* function) noexcept;

void __assert_fail(const char* assertion, const char* file, unsigned int line,
                   const char* function) noexcept {
  std::array<char, std::tuple_size_v<decltype(heddle::Crash::what)>> text{};
  std::snprintf(text.data(), text.size(), "'%s' at %s:%u", assertion, file, line);
  heddle::CrashGuard::OnFailedAssertion(text.data());
  std::fprintf(stderr, "%s:%u: %s: assertion '%s' failed\n", file, line, function, assertion);
  std::abort();
}
#endif
