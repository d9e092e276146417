// Which scenarios are there?  One line here makes one reach `check`, `stress` and the tests.
#pragma once

#include "runtime/scenario.h"
#include "scenarios/corr.h"
#include "scenarios/iriw.h"
#include "scenarios/load_buffering.h"
#include "scenarios/message_passing.h"
#include "scenarios/poke_one_site.h"
#include "scenarios/rmw_chain.h"
#include "scenarios/store_buffering.h"
#include "scenarios/two_plus_two_w.h"

namespace heddle {

using Catalog = TypeList<MessagePassing,        //
                         StoreBuffering,        //
                         StoreBufferingFenced,  //
                         LoadBuffering,         //
                         CoRR,                  //
                         TwoPlusTwoW,           //
                         TwoPlusTwoWSc,         //
                         Iriw,                  //
                         IriwSc,                //
                         RmwPermutation,        //
                         ReleaseSequence,       //
                         PokeOneSite,           //
                         PokeOneSiteTwo,        //
                         PokeOneSiteUser>;

}  // namespace heddle
