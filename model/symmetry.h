// Threads that are alike: of executions that differ only in who is who, which one is explored?
//
// Two threads are alike if they run the same code on the same locations (Program::AlikeAs).
// Renaming them gives another execution of the same program, and there is nothing to learn from it.
// So the search takes only those in which alike threads are *in order*, and turns back as soon as
// two are not.  Of threads t < u, compare event 0 with event 0, event 1 with event 1, …, and let
// the first pair that differs decide:
//
//  1. Was one of the two needed first?  That is, does an event that is no younger, by stamp, than
//     the older of the two depend (sb | rf) on one of them and not on the other?  Then t's must be
//     that one.  Events count that revisits in progress have set aside, if what they depended on
//     has stayed.
//  2. Does u's depend on t's?  Then they are in order.  (Where t's depends on u's, rule 1 has
//     decided: by t's itself if it is the older one, else by what brought u's before it.)
//  3. Of two reads, t's must take the mo-older write; of two writes, t's must be mo-older; of two
//     choices, t's must be the higher one.
//
// The directions in 3 follow from TruSt (search_tree.h): what a revisit deletes must have been
// added maximally, which is the newest write, the last place, the first choice.  With these
// directions, whatever t has done, it is in order that u then does the maximal thing; with others,
// the way to an execution in order would lead through graphs that are not.  Rule 1 is what makes it
// complete: a revisit puts the prefix of the revisiting write before all that is added later,
// whatever the threads' numbers are.  docs/adr/0009 tells what goes wrong without it.
//
// That exactly one of the renamings of each execution is reached is shown by comparison with the
// plain search (tests/model/symmetry_test.cpp), not proved.  The idea of combining TruSt with
// symmetry is that of SPORE (Kokologiannakis, Marmanis, Vafeiadis, PLDI 2024); the rules are ours.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "model/execution_graph.h"
#include "model/program.h"

namespace heddle::model {

class Symmetry {
 public:
  explicit Symmetry(const Program& program);

  /// Whether any two threads are alike.
  bool any() const { return !pairs_.empty(); }
  /// Whether all alike threads are in order.  `set_aside`: what the revisits in progress have
  /// deleted, oldest first.  Requires that each read has its source and each write its place.
  /// Throws std::invalid_argument if two threads are not alike after all.
  bool InOrder(const ExecutionGraph& g, std::span<const DeletedEvents* const> set_aside) const;

 private:
  const Program& program_;
  std::vector<std::pair<ThreadId, ThreadId>> pairs_;  // t < u, alike
};

}  // namespace heddle::model
