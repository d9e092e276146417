// How do the cells of a program come to share cache lines?
//
// NativeRuntime's cells have a line each by their type, so this is another runtime, and a program
// that is to run so is compiled a second time.  That is done for small ones (plan.h): the shapes of
// a few cells, where it matters which of them move between CPUs together.
#pragma once

#include <algorithm>
#include <atomic>

#include "runtime/native/native_runtime.h"

namespace heddle::stress {

struct DenseRuntime : NativeRuntime {
  template <typename T>
  using Atomic = native::Atomic<T, std::max(alignof(std::atomic<T>), alignof(const char*))>;
  template <typename T>
  using Plain = native::Plain<T, alignof(T)>;
};

static_assert(Runtime<DenseRuntime>);

}  // namespace heddle::stress
