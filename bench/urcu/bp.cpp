// liburcu's bp flavour: as memb, but threads register by themselves.
#define _LGPL_SOURCE  // its readers' fast path, inlined
#define URCU_API_MAP
#include <urcu/urcu-bp.h>

#include "bench/urcu/flavour.h"

namespace heddle::bench {

RcuMeasure UrcuBp() { return &MeasureRcu<Flavour>; }

}  // namespace heddle::bench
