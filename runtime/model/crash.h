// What a crash of the code under test is, and how a report words it.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "model/program.h"

namespace heddle {

/// How code under test ended, or failed to end, without saying so.
struct Crash {
  enum class Kind { kSignal, kStackOverflow, kAssertion, kTerminate, kEndlessLoop };
  Kind kind = Kind::kSignal;
  int signal = 0, code = 0;    ///< of kSignal: as in siginfo_t
  std::uintptr_t address = 0;  ///< of kSignal: what was accessed, if it was an access
  /// Of kAssertion: what failed, and where.  Of kTerminate: the exception that nobody could catch,
  /// "" without one.  Cut off where the array ends.
  std::array<char, 256> what{};

  model::ErrorKind error() const {
    return kind == Kind::kEndlessLoop ? model::ErrorKind::kEndlessLoop : model::ErrorKind::kCrash;
  }
};

/// "segmentation fault at address 0x8": the same in every run of a program.  Large addresses are
/// not (the system places code and data at random), so that they are not told.
std::string Describe(const Crash& crash);

}  // namespace heddle
