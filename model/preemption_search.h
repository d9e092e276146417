// All executions that some schedule with few preemptions leads to.
//
// Most concurrency bugs need only few preemptions (Musuvathi, Qadeer, "Iterative Context Bounding
// for Systematic Testing of Multithreaded Programs", PLDI 2007).  A switch from a thread that could
// have gone on is one; from one that has finished, is blocked or awaits what the newest write does
// not hold, it is none.
//
// For 0, 1, …, K preemptions: depth first, one operation at a time (forward_execution.h); each
// graph that is new with this running thread and so many preemptions left is extended in every
// way.  So a violation is one of those with the fewest preemptions.  If at some n no thread was
// denied a preemption, the search is over, and was exhaustive.
//
// What one operation may do is the model's matter: under sc, which is interleavings, it takes the
// newest write; else any that is consistent.  So schedules bound where threads are interrupted, not
// how stale their reads are.
//
// Unlike TruSt's, this search remembers the graphs that it has been to: finished and unfinished
// ones, by 64-bit hashes.  Two different ones with the same hash (of n, a chance of about n^2 /
// 2^65) would be taken for one.
#pragma once

#include <vector>

#include "model/forward_execution.h"
#include "model/phase_clock.h"
#include "model/visited_states.h"

namespace heddle::model {

class PreemptionSearch {
 public:
  /// `preemptions`: K, at least 0.  Throws std::invalid_argument if the program has more than
  /// kMaxThreads threads.
  PreemptionSearch(Program& program, const MemoryModel& model, int preemptions,
                   const ExploreOptions& options = {});

  /// Explores from where it stopped last: to the end, or to a violation, a bound or an interrupt of
  /// these options.  Counts only what is new.  `options.task` must be everything.
  ExploreResult GoOn(const ExploreOptions& options, const Visitor& visit);
  /// Whether executions may be left out that need more than K preemptions.  Known at the end.
  bool is_limited() const { return limited_; }

 private:
  // What a thread can do next.
  struct Move {
    ThreadId thread;
    Label label;
    EventId again =
        kNoEvent;  // of a blocked one: the evaluation to take back and make anew; else kNoEvent
  };
  // A graph on the way to the one being explored, and what has not been tried from there.
  struct Frame {
    std::uint32_t stamp;     // of the graph's last event
    std::size_t taken_back;  // evaluations, up to there
    ThreadId running;        // -1: none that could go on
    int left;                // preemptions
    bool is_choice;          // its one move is a choice, not a switch
    std::vector<Move> moves;
    std::size_t move;  // which to try next,
    int answer;        // and with which answer
  };
  struct TakenBack {
    std::uint32_t stamp;  // of the graph's last event then
    DeletedEvents events;
  };

  bool NextBound();
  bool Advance();
  void BackTo(const Frame& frame);
  // These visit the graph that was reached, and return whether the search is to stop there.
  bool Arrive();
  bool Settle();
  bool Open();

  bool IsNew() { return visited_.Add(execution_.graph().Shape(), running_, left_); }
  void TakeBack(EventId first);
  bool TakeBackOutdated();
  Frame& Push();
  void FindMoves(Frame& frame);
  bool Report(Violation violation);

  const int preemptions_;
  const bool interleaves_;
  ForwardExecution execution_;
  VisitedStates visited_;  // with this bound
  VisitedStates ended_;    // executions, with any bound so far
  std::vector<Frame> frames_;
  std::size_t depth_ = 0;  // how many of them are in use
  std::vector<TakenBack> taken_back_;

  int bound_ = -1;
  bool limited_ = true;  // with this bound
  // The state that was reached:
  ThreadId running_ = -1;
  int left_ = 0;
  bool answered_ = false;   // by an answer, not by taking back
  bool away_ = true;        // the program is not at the last frame's graph
  bool must_open_ = false;  // the search stopped before it counted an end

  const ExploreOptions* options_ = nullptr;
  const Visitor* visit_ = nullptr;
  PhaseClock clock_{false};
  ExploreResult result_;
};

}  // namespace heddle::model
