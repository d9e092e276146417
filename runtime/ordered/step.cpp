// Where does a debugger stop?  Here, before each operation: compiled without optimisation and with
// line numbers in every build, so that conditions like `step == 7` can be asked.
#include "runtime/ordered/play.h"

extern "C" void heddle_step([[maybe_unused]] int step, [[maybe_unused]] int thread,
                            [[maybe_unused]] const char* what) {}
