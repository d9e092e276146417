// Whose turn is it?
//
// One word that counts the steps done, on which threads sleep: a futex, as nothing of this may
// order the threads in ThreadSanitizer's eyes (unseen.h).  For the processor it does order them.
#pragma once

#include <cstdint>

namespace heddle::ordered {

/// A word that threads sleep on: whose turn it is, in which state a thread is, how much has
/// happened.
class Word {
 public:
  std::uint32_t Get() const { return __atomic_load_n(&value_, __ATOMIC_ACQUIRE); }
  void Set(std::uint32_t value);
  void Add(std::uint32_t n);
  /// From `old` to the next number; nothing if it is another one by now.
  void Advance(std::uint32_t old);
  /// Returns when the value may no longer be `old`, or a tenth of a second later.
  void WaitWhile(std::uint32_t old) const;

 private:
  std::uint32_t value_ = 0;
};

}  // namespace heddle::ordered
