// Is the program inside the C or C++ library, where it must not be stopped for good?
#pragma once

#include <cstdint>

namespace heddle {

/// Finds out where the allocator, the unwinder and the loader are; does nothing the second time.
void FindLibraryCode();

/// Whether `address` is in a shared library that has one of them, or in the kernel's vDSO.  False
/// for a program that is linked statically: then only luck helps.  Safe in a signal handler.
bool IsLibraryCode(std::uintptr_t address);

}  // namespace heddle
