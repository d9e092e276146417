# Cross build for arm64 on Debian: the cross compiler, the arm64 packages installed next to the
# native ones (multiarch), and qemu-user to run the result.  `./x arm64` installs all three.
#
# A smoke test of the code for that processor, not of its memory ordering: under qemu-user threads
# inherit the ordering of the host.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

# Multiarch puts each processor's libraries and CMake configurations in /usr/lib/<architecture>;
# header-only packages have theirs in /usr/share/cmake, and are found in either case.
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

find_program(HEDDLE_QEMU_AARCH64 qemu-aarch64)
if(HEDDLE_QEMU_AARCH64)
  set(CMAKE_CROSSCOMPILING_EMULATOR "${HEDDLE_QEMU_AARCH64}")
endif()
