// How does native text run, and who answers when it traps?
//
// CallText enters text as a function.  An INT3 in it becomes a SIGTRAP, whose handler shows the
// interrupted registers to the scenario's TrapHandler.  A trap that nobody claims, or a fault
// (SIGILL, SIGSEGV, SIGBUS: what a torn instruction tends to be), is recorded as a failure, and the
// call is abandoned: no handler ever returns to the same trap.
//
// On this path nothing may be patchable, allocate or lock: a handler can interrupt anything.
#pragma once

#include <signal.h>

#include <cstdint>

#include "runtime/runtime.h"

namespace heddle::native {

/// Makes `handler(context, frame)` answer the traps of all threads and installs the signal
/// handlers, once per process.  One handler at a time: the latest wins.  null removes it.  The
/// context must outlive all text.  Throws std::system_error.
void SetTrapHandler(TrapHandler handler, void* context);

/// As SetTrapHandler, for the program's own text: this handler is asked first, whatever scenarios
/// run, and must decline what is not its own.  On arm64 nobody sets it yet: nothing there traps.
void SetProgramTrapHandler(TrapHandler handler, void* context);

/// Installs the signal handlers though nobody answers traps: for single steps.
void InstallTrapSignals();

/// Whether `action` is the one that SetTrapHandler installs.
bool AnswersTraps(const struct sigaction& action);

/// Whether the calling thread is in a trap handler.
bool InTrap();

/// Calls the function at `entry`, which takes nothing and follows the C calling convention without
/// a red zone (an emulated CALL pushes below the stack pointer).  Throws Abandoned after an
/// unclaimed trap or a fault inside.  Calls may nest.
std::uint32_t CallText(std::uintptr_t entry);

}  // namespace heddle::native
