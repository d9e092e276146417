#include "runtime/ordered/turns.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

namespace heddle::ordered {
namespace {

void WakeAll(const std::uint32_t* word) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace

void Word::Set(std::uint32_t value) {
  __atomic_store_n(&value_, value, __ATOMIC_RELEASE);
  WakeAll(&value_);
}

void Word::Add(std::uint32_t n) {
  __atomic_fetch_add(&value_, n, __ATOMIC_ACQ_REL);
  WakeAll(&value_);
}

void Word::Advance(std::uint32_t old) {
  __atomic_compare_exchange_n(&value_, &old, old + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
  WakeAll(&value_);
}

void Word::WaitWhile(std::uint32_t old) const {
  const timespec tenth{0, 100'000'000};
  syscall(SYS_futex, &value_, FUTEX_WAIT_PRIVATE, old, &tenth, nullptr, 0);
}

}  // namespace heddle::ordered
