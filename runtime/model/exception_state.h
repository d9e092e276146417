// Which exceptions is a thread of control throwing and handling?
#pragma once

#include <cxxabi.h>

#include <utility>

namespace heddle {

/// The C++ runtime keeps this per OS thread, but it belongs to a stack: a fiber that yields in a
/// catch block must find its exception again, and another one must not.  Source of the layout:
/// Itanium C++ ABI, Exception Handling, 2.2.2.
struct ExceptionState {
  void* caught = nullptr;
  unsigned int uncaught = 0;

  // Member by member: a wide load of what two narrow stores have just written stalls.
  void SwapWith(ExceptionState& other) {
    std::swap(caught, other.caught);
    std::swap(uncaught, other.uncaught);
  }
  static ExceptionState& Current() {
    static constinit thread_local ExceptionState* current = nullptr;
    if (current == nullptr) current = reinterpret_cast<ExceptionState*>(abi::__cxa_get_globals());
    return *current;
  }
};

}  // namespace heddle
