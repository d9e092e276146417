// Which executions are sequentially consistent?
//
// Lamport, "How to Make a Multiprocessor Computer That Correctly Executes Multiprocess Programs",
// 1979: those that some interleaving explains.  As axioms, with `;` written `>>` and [S] as
// Where(S):
//   rb  = (rf^-1 ; mo) \ id          over data reads
//   ffr = ser ; rf^-1 ; mo           over instruction fetches
//   acyclic (sb | rf | mo | rb | ffr)        "sc"
//   rmw & (rb ; mo) is empty                 "atomicity"
//   irreflexive (sb ; [Fetch] ; rf^-1 ; mo)  "fetch-own": a thread's own code writes are visible to
//                                            it after a jump, and every fetch follows one
//   acyclic (sb | rf)                        "no-thin-air"; implied here, named for the reports
// Instruction fetches may be stale, but not older than what was written before the last serialising
// event: that is why ffr goes from that event (ser) and not from the fetch.
//   hb  = (sb | rf between atomics)+         for data races; a fetch counts as an atomic read
#include "model/consistency/checkers.h"
#include "model/memory_model.h"

namespace heddle::model {
namespace {

bool IsDataRead(const Event& e) { return e.label.kind == Kind::kRead; }
bool IsFetch(const Event& e) { return e.label.kind == Kind::kFetch; }
bool IsAtomic(const Event& e) { return IsFetch(e) || e.order() != Order::kPlain; }

Relation HappensBeforeSc(const ExecutionGraph& g) {
  const GraphIndex index(g);
  const Relation atomic = index.Where(IsAtomic);
  return Plus(index.Sb() | (atomic >> index.Rf() >> atomic));
}

std::vector<AxiomResult> CheckSc(const ExecutionGraph& g) {
  const GraphIndex index(g);
  const Relation sb = index.Sb(), rf = index.Rf(), mo = index.Mo(), rmw = index.Rmw();
  const Relation R = index.Where(IsDataRead), Fetch = index.Where(IsFetch);
  const Relation later = Inv(rf) >> mo;  // from a read or fetch to the writes newer than its source
  const Relation rb = (R >> later) - Id(index.size());
  const Relation ffr = index.Ser() >> later;
  return {index.Named("sc", Acyclic(sb | rf | mo | rb | ffr)),
          index.Named("atomicity", Empty(rmw & (rb >> mo))),
          index.Named("fetch-own", Irreflexive(sb, Fetch >> later)),
          index.Named("no-thin-air", Acyclic(sb | rf))};
}

}  // namespace

const MemoryModel& Sc() {
  static const MemoryModel model{"sc", CheckSc, HappensBeforeSc, MakeScChecker, nullptr, true};
  return model;
}

}  // namespace heddle::model
