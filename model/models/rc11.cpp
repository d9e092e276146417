// Which executions does C++ allow?
//
// RC11: Lahav, Vafeiadis, Kang, Hur, Dreyer, "Repairing Sequential Consistency in C/C++11", PLDI
// 2017.  Names, order and bracketing are the paper's; `>>` is its `;`, and Where(S) its [S]:
//   rs  = [W] ; (rf ; rmw)*
//   sw  = [rel] ; ([F] ; sb)? ; rs ; rf ; [R] ; (sb ; [F])? ; [acq]     W, R: atomic accesses
//   hb  = (sb | sw)+
//   rb  = (rf^-1 ; mo) \ id from data reads,  eco = (rf | mo | rb)+
//   scb = sb | sb_xloc ; hb ; sb_xloc | hb & loc | mo | rb              sb_xloc = sb \ loc
//   psc = ([E_sc] | [F_sc] ; hb?) ; scb ; ([E_sc] | hb? ; [F_sc])
//       | [F_sc] ; (hb | hb ; eco ; hb) ; [F_sc]
//   irreflexive (hb ; eco?)   "coherence"        rmw & (rb ; mo) is empty   "atomicity"
//   acyclic psc               "sc"               acyclic (sb | rf)          "no-thin-air"
//
// Differences from the paper:
//  - C++20 (P0982R1) dropped a thread's own later stores from release sequences, so rs has no
//    (sb & loc)? factor.  Litmus test MP+rel-rlx+acq tells the two apart.
//  - An instruction fetch is a relaxed atomic read as far as sw and rf go, but it has no rb: it may
//    be stale, though a data access after it may not be older than what it saw.  Nor may it be
//    older than what happens before the last serialising event, than what was read before it
//    (whoever serialises after having seen a write fetches that one or a newer), or than the
//    thread's own writes (ser, and see sc.cpp):
//      irreflexive (rf? ; hb ; ser ; rf^-1 ; mo)  "fetch"
//      irreflexive (sb ; [Fetch] ; rf^-1 ; mo)    "fetch-own"
//    A serialising event orders nothing else.
#include "model/consistency/checkers.h"
#include "model/memory_model.h"

namespace heddle::model {
namespace {

bool IsDataRead(const Event& e) { return e.label.kind == Kind::kRead; }
bool IsFetch(const Event& e) { return e.label.kind == Kind::kFetch; }
bool IsFence(const Event& e) { return e.label.kind == Kind::kFence; }
bool IsAtomicWrite(const Event& e) { return e.label.is_write() && e.order() != Order::kPlain; }
bool IsAtomicRead(const Event& e) {
  return IsFetch(e) || (IsDataRead(e) && e.order() != Order::kPlain);
}
bool HasOrder(const Event& e) { return IsFence(e) || IsDataRead(e) || e.label.is_write(); }
bool IsRelease(const Event& e) { return HasOrder(e) && AtLeastRelease(e.order()); }
bool IsAcquire(const Event& e) { return HasOrder(e) && AtLeastAcquire(e.order()); }
bool IsSeqCst(const Event& e) { return HasOrder(e) && e.order() == Order::kSeqCst; }

Relation HappensBefore(const GraphIndex& index) {
  const Relation sb = index.Sb(), rf = index.Rf(), rmw = index.Rmw(), F = index.Where(IsFence);
  const Relation W = index.Where(IsAtomicWrite), R = index.Where(IsAtomicRead);
  const Relation rel = index.Where(IsRelease), acq = index.Where(IsAcquire);
  const Relation rs = W >> Star(rf >> rmw);
  const Relation sw = rel >> Opt(F >> sb) >> rs >> rf >> R >> Opt(sb >> F) >> acq;
  return Plus(sb | sw);
}

Relation HappensBeforeRc11(const ExecutionGraph& g) { return HappensBefore(GraphIndex(g)); }

std::vector<AxiomResult> CheckRc11(const ExecutionGraph& g) {
  const GraphIndex index(g);
  const Relation sb = index.Sb(), rf = index.Rf(), mo = index.Mo(), rmw = index.Rmw();
  const Relation loc = index.SameLocation(), hb = HappensBefore(index);
  const Relation R = index.Where(IsDataRead), Fetch = index.Where(IsFetch);
  const Relation later = Inv(rf) >> mo;  // from a read or fetch to the writes newer than its source
  const Relation rb = (R >> later) - Id(index.size());
  const Relation eco = Plus(rf | mo | rb);

  const Relation E_sc = index.Where(IsSeqCst), F_sc = E_sc & index.Where(IsFence);
  const Relation sb_xloc = sb - loc;
  const Relation scb = sb | (sb_xloc >> hb >> sb_xloc) | (hb & loc) | mo | rb;
  const Relation psc_base = (E_sc | (F_sc >> Opt(hb))) >> scb >> (E_sc | (Opt(hb) >> F_sc));
  const Relation psc_f = F_sc >> (hb | (hb >> eco >> hb)) >> F_sc;

  return {index.Named("coherence", Irreflexive(hb, Opt(eco))),
          index.Named("atomicity", Empty(rmw & (rb >> mo))),
          index.Named("sc", Acyclic(psc_base | psc_f)),
          index.Named("fetch", Irreflexive(Opt(rf) >> hb, index.Ser() >> later)),
          index.Named("fetch-own", Irreflexive(sb, Fetch >> later)),
          index.Named("no-thin-air", Acyclic(sb | rf))};
}

}  // namespace

const MemoryModel& Rc11() {
  static const MemoryModel model{"rc11", CheckRc11, HappensBeforeRc11, MakeRc11Checker};
  return model;
}

}  // namespace heddle::model
