// What did each thread of a run do last?
//
// A ring of notes per scenario CPU, in memory that a parent process shares, so that it can be read
// whatever the process has died of.  Noted is what the runtime does besides memory accesses: those
// are too quick to be noted without changing what is under test.
#pragma once

#include <signal.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/native/thread_context.h"

namespace heddle::native {

enum class Did : std::uint32_t {
  kNothing,
  kWroteCode,    ///< value: offset << 8 | first byte
  kSynced,       ///< sync_core_all has returned
  kTrapped,      ///< value: program counter
  kFaulted,      ///< value: program counter
  kInterrupted,  ///< value: the kind; a handler begins
  kReturned,     ///< value: the kind; a handler ends
  kWaits,        ///< a wait has come to yield; what: for what
  kFailed,       ///< what: why
  kFroze,        ///< value: for so many microseconds; a disturbance (disturber.h)
  kMoved,        ///< value: to which CPU; somebody else does it
};
const char* Name(Did did);

struct Note {
  std::uint64_t nanoseconds = 0;  ///< of CLOCK_MONOTONIC
  std::uint64_t value = 0;
  const char* what = nullptr;  ///< a literal, or kept for ever before the processes parted
  Did did = Did::kNothing;
};

/// The registers and code of a thread where a signal met it.
struct Whereabouts {
  static constexpr std::size_t kRegisters = 34, kCode = 32;
  std::atomic<int> signal{0};  ///< 0: nothing was kept.  Release, after the rest
  int thread = -1;             ///< the scenario's CPU
  std::uint64_t pc = 0, address = 0;
  std::array<std::uint64_t, kRegisters> registers{};  ///< in the order of RegisterNames
  std::uint64_t code_begin = 0;
  std::array<std::uint8_t, kCode> code{};  ///< around the program counter, if it is readable
  std::size_t code_size = 0;
};

/// Names of the registers kept here, for this architecture.
const std::vector<const char*>& RegisterNames();

struct FlightRecord {
  static constexpr std::size_t kThreads = 16, kNotes = 64;
  struct alignas(64) Ring {
    std::atomic<std::uint64_t> count{0};
    std::array<Note, kNotes> notes;
  };
  std::array<Ring, kThreads> rings;         ///< by scenario CPU; the last one for all others
  Whereabouts crash;                        ///< of the first thread that died
  std::atomic<std::uint32_t> asked{0};      ///< how many of `stops` are taken, at least
  std::array<Whereabouts, kThreads> stops;  ///< of all, when asked by SIGQUIT
};

/// Where notes go; null: nowhere.  Set before threads run.
inline constinit FlightRecord* g_flight_record = nullptr;

/// A record in memory that is shared with children; never freed.  Throws std::system_error.
FlightRecord* NewFlightRecord();

/// Callable in signal handlers.
void TakeNote(Did did, std::uint64_t value = 0, const char* what = nullptr);

/// The notes of one ring, oldest first.
std::vector<Note> NotesOf(const FlightRecord::Ring& ring);

/// Of the first signal that this process cannot answer.  Callable in signal handlers.
void KeepCrash(int signal, const siginfo_t* info, const void* ucontext);

/// From now on, what kills this process leaves its place in g_flight_record, which must be set, and
/// then does as before; SIGQUIT makes each thread of the run leave its own, and ends nothing.
void CatchDeaths();

}  // namespace heddle::native
