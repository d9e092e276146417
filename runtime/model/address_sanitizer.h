// What must AddressSanitizer be told about stacks?  Nothing is done in builds without it.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define HEDDLE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HEDDLE_ASAN 1
#endif
#endif
#ifdef HEDDLE_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace heddle::asan {

/// Each side of a switch between stacks announces the one it goes to; `fake` gets its own state, or
/// is null if it will never be resumed.
inline void StartSwitch([[maybe_unused]] void** fake, [[maybe_unused]] const void* bottom,
                        [[maybe_unused]] std::size_t size) {
#ifdef HEDDLE_ASAN
  __sanitizer_start_switch_fiber(fake, bottom, size);
#endif
}

/// On arrival it learns the stack it came from.
inline void FinishSwitch([[maybe_unused]] void* fake, [[maybe_unused]] const void** bottom,
                         [[maybe_unused]] std::size_t* size) {
#ifdef HEDDLE_ASAN
  __sanitizer_finish_switch_fiber(fake, bottom, size);
#endif
}

/// Frames that were left without a return have marked the ends of their variables in this memory.
/// Whatever comes to lie there may be read and written.
inline void ForgetFrames([[maybe_unused]] const void* bottom, [[maybe_unused]] std::size_t size) {
#ifdef HEDDLE_ASAN
  __asan_unpoison_memory_region(bottom, size);
#endif
}

}  // namespace heddle::asan
