// What do reports call the objects and threads of this folder?
#pragma once

#include <mutex>
#include <set>
#include <string>

#include "runtime/runtime.h"

namespace heddle::sync {

/// "mutex 'm'", for ever: who uses an object after its end is to be told so.
inline const std::string& Title(const char* kind, const char* name) {
  static std::mutex mutex;
  static std::set<std::string> kept;
  const std::lock_guard lock(mutex);
  return *kept.insert(std::string(kind) + " '" + name + "'").first;
}

inline std::string ThreadName(int index) { return "thread " + std::to_string(index); }

/// The calling thread.
template <Runtime Rt>
std::string Me() {
  return ThreadName(Rt::this_thread().index);
}

}  // namespace heddle::sync
