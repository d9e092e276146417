// liburcu's mb flavour: full barriers by readers.
#define _LGPL_SOURCE  // its readers' fast path, inlined
#define URCU_API_MAP
#include <urcu/urcu-mb.h>

#include "bench/urcu/flavour.h"

namespace heddle::bench {

RcuMeasure UrcuMb() { return &MeasureRcu<Flavour>; }

}  // namespace heddle::bench
