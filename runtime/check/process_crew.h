// Workers that are processes: docs/adr/0005-workers-are-processes.md.
#pragma once

#include <stdexcept>

#include "runtime/check/crew.h"

namespace heddle {

/// A worker ended without an answer: the code under test crashed it, or someone killed it.
struct WorkerDied : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Forks `workers` processes; they end with the crew, or with the process that made it.  Requires
/// that this process has one thread.
std::unique_ptr<Crew> MakeProcessCrew(const SearchSpec& spec, int workers);

}  // namespace heddle
