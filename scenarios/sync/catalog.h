// Which programs of locks, condition variables and threads are there?
#pragma once

#include "runtime/scenario.h"
#include "scenarios/sync/bounded_buffer.h"
#include "scenarios/sync/dining_philosophers.h"
#include "scenarios/sync/fork_join.h"
#include "scenarios/sync/readers_writer.h"

namespace heddle {

using SyncCatalog = TypeList<DiningPhilosophers,  //
                             BoundedBuffer,       //
                             ReadersWriter,       //
                             ForkJoin>;

}  // namespace heddle
