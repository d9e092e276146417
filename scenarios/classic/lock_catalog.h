// Which classic locks and lock-like protocols are there?
#pragma once

#include "runtime/scenario.h"
#include "scenarios/classic/clh_lock.h"
#include "scenarios/classic/dekker.h"
#include "scenarios/classic/double_checked_locking.h"
#include "scenarios/classic/mcs_lock.h"
#include "scenarios/classic/peterson.h"
#include "scenarios/classic/qrwlock.h"
#include "scenarios/classic/qspinlock.h"
#include "scenarios/classic/reference_count.h"
#include "scenarios/classic/rwlock.h"
#include "scenarios/classic/seqlock.h"
#include "scenarios/classic/ticket_lock.h"
#include "scenarios/classic/ttas_lock.h"

namespace heddle {

using ClassicLocks = TypeList<Dekker,                //
                              DekkerSc,              //
                              Peterson,              //
                              PetersonFenced,        //
                              TtasLockScenario,      //
                              TicketLockScenario,    //
                              Mcs,                   //
                              Clh,                   //
                              QspinlockScenario,     //
                              RwLockScenario,        //
                              QrwLockScenario,       //
                              SeqlockScenario,       //
                              DoubleCheckedLocking,  //
                              ReferenceCount>;

}  // namespace heddle
