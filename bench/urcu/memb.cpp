// liburcu's memb flavour: the kernel's membarrier instead of readers' barriers.
#define _LGPL_SOURCE  // its readers' fast path, inlined
#define URCU_API_MAP
#include <urcu/urcu-memb.h>

#include "bench/urcu/flavour.h"

namespace heddle::bench {

RcuMeasure UrcuMemb() { return &MeasureRcu<Flavour>; }

}  // namespace heddle::bench
