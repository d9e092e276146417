// Which scenarios are there?  One line here makes one reach `check`, `stress` and the tests.
#pragma once

#include "runtime/scenario.h"
#include "scenarios/arm64_foreign_brk.h"
#include "scenarios/arm64_nosync.h"
#include "scenarios/arm64_poke.h"
#include "scenarios/arm64_poke_batch.h"
#include "scenarios/arm64_text_poke.h"
#include "scenarios/breakpoint_tracer.h"
#include "scenarios/callbacks.h"
#include "scenarios/callbacks_barrier.h"
#include "scenarios/classic/lock_catalog.h"
#include "scenarios/classic/lockfree_catalog.h"
#include "scenarios/context_nested.h"
#include "scenarios/context_tracking.h"
#include "scenarios/corr.h"
#include "scenarios/grace_periods.h"
#include "scenarios/idle_tracepoint.h"
#include "scenarios/iriw.h"
#include "scenarios/load_buffering.h"
#include "scenarios/membarrier.h"
#include "scenarios/message_passing.h"
#include "scenarios/migration.h"
#include "scenarios/poke_batch.h"
#include "scenarios/poke_beside_foreign.h"
#include "scenarios/poke_early.h"
#include "scenarios/poke_one_site.h"
#include "scenarios/poke_other_sites.h"
#include "scenarios/poke_storm.h"
#include "scenarios/poke_two_patchers.h"
#include "scenarios/rcu_axiom.h"
#include "scenarios/rcu_handler.h"
#include "scenarios/rcu_idle.h"
#include "scenarios/rcu_interrupts.h"
#include "scenarios/rcu_preempt.h"
#include "scenarios/rcu_preempt_ends.h"
#include "scenarios/rcu_reports.h"
#include "scenarios/rcu_tasks.h"
#include "scenarios/rcu_tasks_awake.h"
#include "scenarios/rcu_tasks_exit.h"
#include "scenarios/rcu_tasks_rude.h"
#include "scenarios/recursion_bits.h"
#include "scenarios/return_probes.h"
#include "scenarios/rmw_chain.h"
#include "scenarios/srcu.h"
#include "scenarios/srcu_fast.h"
#include "scenarios/srcu_fast_wrap.h"
#include "scenarios/srcu_wrap.h"
#include "scenarios/stack_flag.h"
#include "scenarios/static_call.h"
#include "scenarios/static_key.h"
#include "scenarios/stop_machine.h"
#include "scenarios/stop_machine_data.h"
#include "scenarios/store_buffering.h"
#include "scenarios/sync/catalog.h"
#include "scenarios/sync_core.h"
#include "scenarios/torture/tight.h"
#include "scenarios/torture/wide.h"
#include "scenarios/tracepoint.h"
#include "scenarios/tracepoint_101_readers.h"
#include "scenarios/tracepoint_text.h"
#include "scenarios/two_plus_two_w.h"
#include "scenarios/uprobe_free.h"
#include "scenarios/user_transition.h"
#include "scenarios/x86_text_poke.h"

namespace heddle {

using Litmus = TypeList<MessagePassing,        //
                        StoreBuffering,        //
                        StoreBufferingFenced,  //
                        LoadBuffering,         //
                        CoRR,                  //
                        TwoPlusTwoW,           //
                        TwoPlusTwoWSc,         //
                        Iriw,                  //
                        IriwSc,                //
                        RmwPermutation,        //
                        ReleaseSequence>;

using PatchingX86 = TypeList<PokeOneSite,          //
                             PokeOneSiteTwo,       //
                             PokeOneSiteUser,      //
                             PokeBatch,            //
                             PokeBatchTwo,         //
                             PokeBatchUser,        //
                             PokeBesideForeign,    //
                             PokeJumpIf,           //
                             PokeOneByte,          //
                             PokeToInt3,           //
                             PokeEarly,            //
                             PokeTwoPatchers,      //
                             PokeStorm,            //
                             SyncCore,             //
                             X86TextPoke,          //
                             StaticKeyIncDec,      //
                             StaticKeyUnbalanced,  //
                             StaticKeyEnable,      //
                             StaticKeyDisable,     //
                             StaticKeyDeferred,    //
                             StaticCallFunctions,  //
                             StaticCallNone,       //
                             StaticCallUpdaters,   //
                             StopMachineData,      //
                             StopMachineX86>;

using PatchingArm64 = TypeList<Arm64Nosync,            //
                               Arm64NosyncIsb,         //
                               Arm64PokeSync,          //
                               Arm64PokeSyncTwo,       //
                               Arm64PokeBrk,           //
                               Arm64PokeBrkTwice,      //
                               Arm64PokeBrkTwo,        //
                               Arm64PokeBrkUser,       //
                               Arm64PokeBrkTwiceUser,  //
                               Arm64PokeBatch,         //
                               Arm64PokeBatchTwo,      //
                               Arm64PokeInTurn,        //
                               Arm64PokeInTurnUser,    //
                               Arm64PokeInTurnTwo,     //
                               Arm64TextPoke,          //
                               Arm64TextPokeUser,      //
                               Arm64ForeignBrk,        //
                               Arm64ForeignBrkUser,    //
                               StopMachineArm64>;

using RcuCatalog = TypeList<ContextTrackingAlone,                  //
                            ContextNested,                         //
                            UserTransitions,                       //
                            RcuSpan,                               //
                            RcuSb,                                 //
                            RcuReports,                            //
                            RcuIdle,                               //
                            RcuHandler,                            //
                            RcuIrq,                                //
                            RcuIrqs,                               //
                            RcuNmi,                                //
                            RcuShared,                             //
                            Migration,                             //
                            RcuPreemptShare,                       //
                            RcuPreemptMigrate,                     //
                            RcuPreemptEnds,                        //
                            SrcuPeriods,                           //
                            SrcuWrap,                              //
                            RcuPreemptShared, RcuTasksRudeShared,  //
                            SrcuShared,                            //
                            SrcuCallbacks,                         //
                            SrcuCallbackSegments,                  //
                            SrcuBarrier,                           //
                            RcuCallbacks,                          //
                            RcuPreemptCallbacks,                   //
                            RcuBarrier,                            //
                            SrcuFastReaders,                       //
                            SrcuFastPeriods,                       //
                            SrcuFastWrap,                          //
                            RcuTasksSleep,                         //
                            RcuTasksAwake,                         //
                            RcuTasksExit,                          //
                            RcuTasksRudeIdle,                      //
                            Tracepoint101,                         //
                            Tracepoint121,                         //
                            Tracepoint21,                          //
                            Tracepoint321,                         //
                            TracepointUpAndDown,                   //
                            TracepointStub,                        //
                            TracepointText101,                     //
                            TracepointText21,                      //
                            TracepointTextUpAndDown,               //
                            TracepointTextKey,                     //
                            Tracepoint101Enter,                    //
                            Tracepoint101Srcu,                     //
                            Tracepoint101SrcuInIdle,               //
                            Tracepoint101Look,                     //
                            Tracepoint101Refuse,                   //
                            IdleTracepointEnter,                   //
                            IdleTracepointSrcu,                    //
                            IdleTracepointSrcuInIdle,              //
                            IdleTracepointLook,                    //
                            IdleTracepointRefuse,                  //
                            MembarrierStays,                       //
                            MembarrierExits,                       //
                            MembarrierBorrows,                     //
                            torture::TightSrcu,                    //
                            torture::TightSrcuReaders,             //
                            torture::TightSrcuFast,                //
                            torture::TightRcu,                     //
                            torture::TightRcuReaders,              //
                            torture::TightRcuPreempt,              //
                            torture::TightRcuTasks,                //
                            torture::TightRcuTasksRude,            //
                            torture::WideSrcu,                     //
                            torture::WideSrcuFast,                 //
                            torture::WideRcu,                      //
                            torture::WideRcuPreempt,               //
                            torture::WideRcuTasks,                 //
                            torture::WideRcuTasksRude>;

using TracingCatalog = TypeList<RecursionBitsQuiet,   //
                                RecursionBitsTraced,  //
                                StackFlag,            //
                                StackFlagTracers,     //
                                StackFlagMigration,   //
                                BreakpointTracing,    //
                                ReturnProbing,        //
                                UprobeFree>;

using Catalog = Concat<Litmus, ClassicLocks, LockfreeCatalog, SyncCatalog, PatchingX86,
                       PatchingArm64, RcuCatalog, TracingCatalog>;

}  // namespace heddle
