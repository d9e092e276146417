// Native failures as files: those that come in a run, and those that a file of results has.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/reproducer.h"
#include "cli/reproducer_folder.h"
#include "stress/stored_run.h"

namespace heddle::cli {

/// CPU model, microcode and kernel, out of what a run's environment has.
nlohmann::json MachineOf(const nlohmann::json& environment);

/// The environment is that of the run, whose program may have been another one.
NativeFailure FailureOf(const stress::StoredRun& run, const stress::StoredFailure& failure);

/// A kind of failure has one file, the first one's.  Returns its name, or "" if it could not be
/// written.
std::string WriteReproducer(const NativeFailure& failure, ReproducerFolder& folder);

}  // namespace heddle::cli
