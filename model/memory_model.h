// A memory model, twice: as axioms over a finished graph, and as the incremental checker that the
// search uses.  Tests compare the two on thousands of random programs.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/execution_graph.h"
#include "model/relation.h"

namespace heddle::model {

/// One axiom's verdict on one graph.
struct AxiomResult {
  std::string_view name;  ///< "coherence"
  bool holds = true;
  std::vector<EventId> witness;  ///< events of a violating cycle, in order; empty if it holds
};

/// The incremental side.  A graph is built by adding events one at a time, each sb-last in its
/// thread and with nothing hb-after it; for these additions, in all models here, the sources that a
/// read may take are an mo-suffix, and so are the places where a write may go.
class ConsistencyChecker {
 public:
  virtual ~ConsistencyChecker() = default;

  /// Fills what `e`'s clocks need from its sb-predecessor.  Called once, right after Append.
  virtual void OnAppend(ExecutionGraph& g, EventId e) const = 0;
  /// Completes `e`'s clocks once its rf (if any) is known.
  virtual void OnComplete(ExecutionGraph& g, EventId e) const = 0;
  /// For a read or fetch: the lowest mo position it may read from.  For a write: the lowest mo
  /// position after which it may be inserted.  Requires OnAppend(e); `e` has no rf and is not in
  /// mo.
  virtual int FirstCoherent(const ExecutionGraph& g, EventId e) const = 0;
  /// Whether the graph, consistent before `e` was added, still is.  Requires OnComplete(e).
  virtual bool Consistent(const ExecutionGraph& g, EventId e) const = 0;
};

struct MemoryModel {
  std::string_view name;                                     ///< "rc11"
  std::vector<AxiomResult> (*check)(const ExecutionGraph&);  ///< all axioms, in fixed order
  Relation (*happens_before)(const ExecutionGraph&);         ///< for data races
  std::unique_ptr<ConsistencyChecker> (*make_checker)();
  /// What orders a write of an instruction and a fetch of it, where that is asked for (see
  /// Program::IsSafeToModify); null: it never is.
  Relation (*modification_order)(const ExecutionGraph&) = nullptr;
  /// Whether each execution is an interleaving, in which data reads take the newest write.
  bool interleaves = false;
};

const MemoryModel& Sc();    ///< sequential consistency (Lamport 1979)
const MemoryModel& Tso();   ///< x86-TSO (Owens, Sarkar, Sewell 2009), axiomatic form
const MemoryModel& Rc11();  ///< repaired C11 (Lahav et al., PLDI 2017) with C++20 release sequences

const MemoryModel& Arm64();        ///< Arm's current model with instruction fetch; IDC = DIC = 0
const MemoryModel& Arm64Idc();     ///< IDC = 1: no DC CVAU needed
const MemoryModel& Arm64IdcDic();  ///< IDC = DIC = 1: nor IC IVAU

/// Those that every scenario is checked on, in the order of reports: sc, tso, rc11.
const std::vector<const MemoryModel*>& AllModels();
/// arm64, arm64-idc, arm64-idc-dic.
const std::vector<const MemoryModel*>& Arm64Models();
bool IsArm64(const MemoryModel& model);  ///< whether it is one of these
/// Null if there is no model of that name.
const MemoryModel* FindModel(std::string_view name);

/// Whether every axiom holds.
bool IsConsistent(const MemoryModel& model, const ExecutionGraph& g);
/// The axioms' verdicts whether `g` has a data race: two accesses of one location, at least one a
/// write, at least one kPlain, unordered by hb; the first pair found, or empty.
std::vector<EventId> FindRace(const MemoryModel& model, const ExecutionGraph& g);

}  // namespace heddle::model
