// What does a native run give back, and what is to be thought of it?
//
// A run never proves anything: kPassed says that nothing forbidden was seen.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"
#include "stress/plan.h"
#include "stress/tuner.h"

namespace heddle::stress {

enum class StressVerdict {
  kPassed,      // nothing forbidden was seen
  kFailed,      // a forbidden outcome, a failed check, an unhandled trap or a hang
  kNotTrusted,  // no sample at all, or a control without its weak outcome
};
std::string_view Name(StressVerdict verdict);  // "passed", "failed", "harness not trusted"

/// How good samples were: what threads did and what the machine did to them.
struct Pace {
  std::uint64_t slots = 0;      ///< samples of slot pacing, times threads
  std::uint64_t late = 0;       ///< of these, those whose slot had passed when the thread came
  std::uint64_t batches = 0;    ///< times threads; torture runs: threads
  std::uint64_t preempted = 0;  ///< of these, those in which the thread lost its CPU
  std::uint64_t ticks = 0;      ///< of the CPUs that were used; 0: not known
  std::uint64_t stolen = 0;     ///< of these, those that a hypervisor gave to others

  void Add(const Pace& other);
  double LatePercent() const;
  double PreemptedPercent() const;
  double StolenPercent() const;
};

/// What was done to a torture, on purpose.
struct Disturbances {
  std::uint64_t freezes = 0;     ///< of a thread, for 1 ms and longer
  std::uint64_t stops = 0;       ///< of the whole process
  std::uint64_t migrations = 0;  ///< of a thread, to another CPU or back
  std::uint64_t stalls = 0;      ///< of a thread, for less than 1 ms

  void Add(const Disturbances& other);
  bool any() const { return freezes + stops + migrations + stalls > 0; }
  /// "812 stalls, 4 freezes, 2 stops, 9 migrations".
  std::string Text() const;
};

struct OutcomeCount {
  std::vector<std::int64_t> outcome;  // kTorture: {observation index, value}
  std::uint64_t count = 0;            // 0: a row of the table that was not seen
  Grade grade = Grade::kForbidden;    // by this architecture's column
  std::string why;
};

struct StressResult {
  std::string scenario;
  std::uint64_t seed = 0;
  std::vector<OutcomeCount> outcomes;  // the table's rows in order, then outcomes in no row
  std::uint64_t samples = 0;           // kTorture: observations
  std::uint64_t lost = 0;              // of these, those for whose outcomes there was no room
  std::uint64_t rounds = 0;            // kTorture: again() answered true, all threads
  std::uint64_t traps = 0;             // claimed ones
  std::uint64_t unhandled_traps = 0;
  std::uint64_t syncs = 0;  // sync_core_all calls
  Pace pace;
  Disturbances disturbances;
  /// Processes that somebody had stopped when their time was long over, and that were made to go
  /// on.
  std::uint64_t held_up = 0;
  std::vector<KnobCount> knobs;           // sampled ones: which setting has shown what
  bool shared_cpus = true;                // all samples there are: threads had to share CPUs
  std::chrono::milliseconds duration{0};  // as run
  bool interrupted = false;               // by one of EndSignals
  std::uint64_t more_faults = 0;          // beyond those that are kept below
  std::vector<std::string> faults;        // what went wrong while it ran; the first is the cause

  // By Judge.
  StressVerdict verdict = StressVerdict::kNotTrusted;
  std::vector<std::string> failures;  // sentences: the faults, then forbidden outcomes
  std::vector<std::string> notes;
};

std::string_view Name(Grade grade);  // "allowed", "weak", "forbidden"

/// "r0=0 r1=1"; of a torture run "seen=1".  `names` are the observations'.
std::string OutcomeText(const std::vector<std::string>& names, Shape shape,
                        const std::vector<std::int64_t>& outcome);

/// The model whose grades apply on this machine: "tso" on x86-64, else "rc11".
std::string_view NativeModel();

/// The rows of the plan's table and what is in none, with these counts.
void CountOutcomes(const StressPlan& plan, const Histogram& all, StressResult& result);

/// Adds another run of the same plan.  Judge the sum.
void Merge(const StressResult& other, StressResult& sum);

/// How likely a bug is missed at most in a run of `run` seconds, if it was once found after `kill`:
/// exp(-rT) with the least rate r for which that is no surprise (5 %).
double MissBound(double kill, double run);

/// Decides what is said of the counts and faults.
void Judge(const StressPlan& plan, StressResult& result);

}  // namespace heddle::stress
