// Which lock-free data structures are there?  Part of scenarios/catalog.h.
#pragma once

#include "runtime/scenario.h"
#include "scenarios/classic/chase_lev_deque.h"
#include "scenarios/classic/hazard_pointers.h"
#include "scenarios/classic/mpmc_queue.h"
#include "scenarios/classic/ms_queue.h"
#include "scenarios/classic/ms_queue_reuse.h"
#include "scenarios/classic/rcu_list.h"
#include "scenarios/classic/spsc_ring.h"
#include "scenarios/classic/treiber_stack.h"
#include "scenarios/classic/treiber_stack_reuse.h"

namespace heddle {

using LockfreeCatalog = TypeList<TreiberStackScenario,  //
                                 TreiberStackReuse,     //
                                 MsQueue,               //
                                 MsQueueReuse,          //
                                 ChaseLev,              //
                                 SpscRing,              //
                                 MpmcQueue,             //
                                 RcuList,               //
                                 HazardPointers>;

}  // namespace heddle
