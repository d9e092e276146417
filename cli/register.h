// How do scenarios of your own become those of the heddle command?
//
//   const heddle::Register<heddle::TypeList<RingScenario, OtherScenario>> kRegistered;
//
// in any source of a program that links heddle_main, which has the command's main function.  What
// a scenario is: runtime/scenario.h.  All mutants can also be run natively (stress --mutants), with
// whatever the compiler makes of a data race.
#pragma once

#include "cli/native_catalog.h"
#include "cli/ordered_catalog.h"
#include "runtime/check/registry.h"
#include "runtime/check/subjects/describe.h"

namespace heddle {

template <typename List>
struct Register {
  Register() {
    RegisterSubjects{subjects::Describe<List>};
    cli::RegisterNativeScenarios{cli::NativeScenariosOf<List>};
    cli::RegisterNativeMutants{cli::NativeMutantsOf<List>};
    cli::RegisterOrdered{cli::OrderedSubjectsOf<List>};
  }
};

}  // namespace heddle
