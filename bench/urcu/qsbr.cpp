// liburcu's qsbr flavour: readers report quiescent states.
#define _LGPL_SOURCE  // its readers' fast path, inlined
#define URCU_API_MAP
#include <urcu/urcu-qsbr.h>
#define HEDDLE_URCU_QSBR

#include "bench/urcu/flavour.h"

namespace heddle::bench {

RcuMeasure UrcuQsbr() { return &MeasureRcu<Flavour>; }

}  // namespace heddle::bench
