// Which executions does x86-TSO allow?
//
// Owens, Sarkar, Sewell, "A Better x86 Memory Model: x86-TSO", TPHOLs 2009, in axiomatic form (as
// in Alglave, Maranget, Tautschnig, "Herding Cats", TOPLAS 36(2), 2014).  Each processor has a
// store buffer, so a write may be overtaken by later reads of its thread, and by nothing else:
//   rb    = (rf^-1 ; mo) \ id                over data reads
//   ffr   = ser ; rf^-1 ; mo                 over instruction fetches: see sc.cpp
//   ppo   = sb \ (W * passive)               passive: everything but writes
//   fence = sb ; [drain before]              kSerialize, fence(seq_cst), reading half of an RMW
//         | [drain after] ; sb               writing half of an RMW, seq_cst write
//   rfe   = rf between different threads
//   acyclic (ppo | fence | rfe | mo | rb | ffr)  "tso"
//   acyclic ((sb & loc) | rf | mo | rb)          "coherence", data accesses only
//   rmw & (rb ; mo) is empty                     "atomicity"
//   irreflexive (sb ; [Fetch] ; rf^-1 ; mo)      "fetch-own": see sc.cpp
//   acyclic (sb | rf)                            "no-thin-air"; implied here
// MFENCE is fence(seq_cst); other fences compile to nothing.  A seq_cst write is compiled as XCHG.
// Every RMW is a locked instruction, also a CAS that fails: it drains the buffer either way.
//   hb    = (sb | rf between atomics)+           for data races: see sc.cpp
#include "model/consistency/checkers.h"
#include "model/memory_model.h"

namespace heddle::model {
namespace {

bool IsDataRead(const Event& e) { return e.label.kind == Kind::kRead; }
bool IsFetch(const Event& e) { return e.label.kind == Kind::kFetch; }
bool IsWrite(const Event& e) { return e.label.is_write(); }
bool IsAtomic(const Event& e) { return IsFetch(e) || e.order() != Order::kPlain; }

bool DrainsBefore(const Event& e) {
  return e.label.kind == Kind::kSerialize || (IsDataRead(e) && e.label.rmw) ||
         (e.label.kind == Kind::kFence && e.label.order == Order::kSeqCst);
}
bool DrainsAfter(const Event& e) {
  return IsWrite(e) && (e.label.rmw || e.label.order == Order::kSeqCst);
}

Relation HappensBeforeTso(const ExecutionGraph& g) {
  const GraphIndex index(g);
  const Relation atomic = index.Where(IsAtomic);
  return Plus(index.Sb() | (atomic >> index.Rf() >> atomic));
}

std::vector<AxiomResult> CheckTso(const ExecutionGraph& g) {
  const GraphIndex index(g);
  const Relation sb = index.Sb(), rf = index.Rf(), mo = index.Mo(), rmw = index.Rmw();
  const Relation loc = index.SameLocation();
  const Relation W = index.Where(IsWrite), R = index.Where(IsDataRead);
  const Relation Fetch = index.Where(IsFetch);
  const Relation later = Inv(rf) >> mo;
  const Relation rb = (R >> later) - Id(index.size());
  const Relation ffr = index.Ser() >> later;

  const Relation passive = Id(index.size()) - W;
  const Relation ppo = sb - (W >> sb >> passive);
  const Relation fence = (sb >> index.Where(DrainsBefore)) | (index.Where(DrainsAfter) >> sb);
  const Relation rfe = rf - sb;
  return {index.Named("tso", Acyclic(ppo | fence | rfe | mo | rb | ffr)),
          index.Named("coherence", Acyclic((sb & loc) | (rf >> R) | mo | rb)),
          index.Named("atomicity", Empty(rmw & (rb >> mo))),
          index.Named("fetch-own", Irreflexive(sb, Fetch >> later)),
          index.Named("no-thin-air", Acyclic(sb | rf))};
}

}  // namespace

const MemoryModel& Tso() {
  static const MemoryModel model{"tso", CheckTso, HappensBeforeTso, MakeTsoChecker};
  return model;
}

}  // namespace heddle::model
