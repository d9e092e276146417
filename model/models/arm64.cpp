// Which executions does Arm allow, instruction fetches and cache maintenance included?
//
// Arm's own model as published with herd: aarch64.cat, aarch64hwreqs.cat and enumerations.cat with
// the variant `ifetch`; it goes back to Pulte et al., POPL 2018, for data, and to Simner et al.,
// ESOP 2020, for fetches.  Names are the cat files'; `>>` is `;`, Where(S) is [S].  ADR 10 has it
// on one page, with what is left out and why.
//   F: instruction fetches.  R, W, M: data reads, writes, both (M is explicit: it excludes F).
//   DC, IC: DC CVAU, IC IVAU.  ISB: kSerialize, that is ISB, exception entry and return.
//   A, Q, L: LDAR, LDAPR, STLR and the halves of RMWs that are like them.
// Left out because it follows from the rest: Exp-haz-ob (from "internal", which we have in its
// older, stronger form), rmw in aob (from lws), that an IC needs a later DSB (nothing else leads
// away from it), and that a DC is after the initial write.
//   irreflexive ob                            "external"
//   acyclic (po-loc | rf | co | fr)           "internal": data accesses only
//   rmw & (fr ; co) is empty                  "atomicity"
//   acyclic (sb | rf)                         "no-thin-air": our restriction, not Arm's
#include "model/models/arm64.h"

#include <utility>

#include "model/consistency/checkers.h"
#include "model/memory_model.h"

namespace heddle::model {
namespace {

bool IsRead(const Event& e) { return e.label.kind == Kind::kRead; }
bool IsWrite(const Event& e) { return e.label.is_write(); }
bool IsFetch(const Event& e) { return e.label.kind == Kind::kFetch; }
bool IsClean(const Event& e) { return e.label.kind == Kind::kClean; }
bool IsInvalidate(const Event& e) { return e.label.kind == Kind::kInvalidate; }
bool IsIsb(const Event& e) { return e.label.kind == Kind::kSerialize; }

// RCpc suffices for an acquire load (LDAPR); there is no such RMW.
bool IsA(const Event& e) {
  return IsRead(e) && (e.order() == Order::kSeqCst || (e.label.rmw && AtLeastAcquire(e.order())));
}
bool IsAOrQ(const Event& e) { return IsRead(e) && AtLeastAcquire(e.order()); }
bool IsL(const Event& e) { return IsWrite(e) && AtLeastRelease(e.order()); }

bool IsBarrier(const Event& e, Barrier barrier) {
  return e.label.kind == Kind::kFence && e.label.barrier == barrier;
}
bool IsDsb(const Event& e) { return IsBarrier(e, Barrier::kDsb); }
bool IsDsbLoad(const Event& e) { return IsBarrier(e, Barrier::kDsbLoad); }
bool IsDsbStore(const Event& e) { return IsBarrier(e, Barrier::kDsbStore); }
bool IsDmb(const Event& e) {
  return IsBarrier(e, Barrier::kDmb) ||
         (IsBarrier(e, Barrier::kByOrder) && AtLeastRelease(e.label.order));
}
bool IsDmbLoad(const Event& e) {
  return IsBarrier(e, Barrier::kDmbLoad) ||
         (IsBarrier(e, Barrier::kByOrder) && e.label.order == Order::kAcquire);
}
bool IsDmbStore(const Event& e) { return IsBarrier(e, Barrier::kDmbStore); }

// `ob` of one graph: what does not depend on DC-after and IC-after is computed once.
class Ob {
 public:
  Ob(const GraphIndex& index, CacheType cache)
      : cache_(cache),
        R_(index.Where(IsRead)),
        W_(index.Where(IsWrite)),
        F_(index.Where(IsFetch)),
        DC_(index.Where(IsClean)),
        IC_(index.Where(IsInvalidate)),
        po_(index.Po()),
        co_(index.Mo()),
        fr_((Inv(index.Rf()) >> co_) - Id(index.size())) {
    const Relation lob = LocallyOrderedBefore(index);
    const Relation Exp_obs = (index.Rf() | co_ | (R_ >> fr_)) - po_ - Inv(po_);
    fixed_ = lob | Exp_obs | (index.Rf() >> F_);
    const Relation line = index.SameLine(), overwriting = W_ & (Inv(co_) >> co_);
    pairs_ = (DC_ >> line >> overwriting) | (IC_ >> line >> F_);
  }

  // Whether Solve().external holds.  Mostly it does, and ICs, DCs and fetches can be ordered as
  // they were added, but for stale fetches, which come before their ICs; or it does not whatever
  // their order.  Both are seen without closing ob.
  bool Exists(const GraphIndex& index) const {
    if (!IsAcyclic(fixed_)) return false;
    Relation after(pairs_.size());
    const Relation to_stale = pairs_ >> (F_ & (fr_ >> Inv(fr_)));
    for (int a = 0; a < pairs_.size(); ++a) {
      pairs_.ForEachOf(a, [&](int b) {
        const bool first = index.event(a).stamp < index.event(b).stamp && !to_stale.Has(a, b);
        first ? after.Add(a, b) : after.Add(b, a);
      });
    }
    return IsAcyclic(Edges(after)) || Solve().external.holds;
  }

  OrderedBefore Solve() const {
    OrderedBefore result;
    Relation after(pairs_.size());
    result.certain = Propagate(after);
    // Most often it is enough to put stale fetches before each open IC, and the rest after.
    const Relation open = pairs_ - result.certain - Inv(result.certain);
    const Relation stale = F_ & (fr_ >> Inv(fr_));
    const Relation guess = after | (open - (open >> stale)) | Inv(open >> stale);
    if (!Irreflexive(Plus(Edges(guess))).holds) result.external = Choose(after, result.certain);
    return result;
  }

 private:
  Relation LocallyOrderedBefore(const GraphIndex& index) {
    const Relation M = R_ | W_, ISB = index.Where(IsIsb), not_F = Id(index.size()) - F_;
    const Relation A = index.Where(IsA), AQ = index.Where(IsAOrQ), L = index.Where(IsL);
    const Relation po_loc = po_ & index.SameLocation(), po_scl = po_ & index.SameLine();
    const Relation rmw = index.Rmw();
    const Relation addr = R_ >> index.DependsOn(&Dependencies::address) >> (M | DC_ | IC_);
    const Relation data = R_ >> index.DependsOn(&Dependencies::data) >> W_;
    const Relation ctrl = R_ >> index.DependsOn(&Dependencies::control);
    const auto fenced = [&](auto is_fence) { return po_ >> index.Where(is_fence) >> po_; };
    const Relation dmb = fenced(IsDmb), dsb = fenced(IsDsb);

    const Relation f_ob = F_ >> po_ >> not_F;
    DSB_ob_ =
        (((M | F_ | DC_ | IC_) >> dsb) | (R_ >> fenced(IsDsbLoad)) | (W_ >> fenced(IsDsbStore))) >>
        not_F;
    IFB_ob_ = (ctrl | (addr >> M >> po_) | DSB_ob_) >> ISB >> po_;
    const Relation lws = M >> po_loc >> W_;
    const Relation lrs = W_ >> (po_loc - (po_loc >> W_ >> po_loc)) >> R_;
    const Relation dob = addr | data | (ctrl >> (W_ | DC_ | IC_)) | (addr >> M >> po_ >> W_) |
                         ((addr | data) >> M >> lrs);
    const Relation aob = rmw >> lrs >> AQ;
    const Relation bob = ((M | DC_) >> dmb >> (M | DC_)) | (R_ >> fenced(IsDmbLoad) >> M) |
                         (W_ >> fenced(IsDmbStore) >> W_) | (L >> po_ >> A) | (AQ >> po_ >> M) |
                         (M >> po_ >> L);
    const Relation po_scl_ob = (M >> po_scl >> DC_) | (DC_ >> po_scl >> (M | DC_));
    return f_ob | DSB_ob_ | IFB_ob_ | lws | dob | aob | bob | po_scl_ob;
  }

  // ob before it is closed.  DC-after and IC-after relate different kinds of events, so `after` is
  // both.
  Relation Edges(const Relation& after) const {
    Relation Instr_read_ob = after >> IC_ >> (DSB_ob_ | IFB_ob_);
    if (cache_ == CacheType::kIdcDic) Instr_read_ob = Instr_read_ob | fr_;
    const Relation IC_ob = F_ >> po_ >> F_ >> Instr_read_ob;
    Relation IC_ca = F_ >> fr_;
    if (cache_ != CacheType::kIdcDic) IC_ca = IC_ >> after >> IC_ca;
    if (cache_ == CacheType::kNone) IC_ca = IC_ca >> W_ >> after >> DC_;
    return fixed_ | after | IC_ob | IC_ca;
  }

  // Adds to `after` what ob orders already, until there is no more.  Returns ob.
  Relation Propagate(Relation& after) const {
    for (;;) {
      Relation ob = Plus(Edges(after));
      Relation more = after | (ob & (pairs_ | Inv(pairs_)));
      if (more == after) return ob;
      after = std::move(more);
    }
  }

  // Whether some choice for the pairs that `ob` leaves open is irreflexive.
  Verdict Choose(const Relation& after, const Relation& ob) const {
    Verdict verdict = Irreflexive(ob);
    if (!verdict.holds) return Acyclic(Edges(after));
    for (int a = 0; a < ob.size(); ++a) {
      for (int b = 0; b < ob.size(); ++b) {
        if (!pairs_.Has(a, b) || ob.Has(a, b) || ob.Has(b, a)) continue;
        for (const auto& [first, second] : {std::pair(a, b), std::pair(b, a)}) {
          Relation chosen = after;
          chosen.Add(first, second);
          const Relation then = Propagate(chosen);
          if (verdict = Choose(chosen, then); verdict.holds) return verdict;
        }
        return verdict;
      }
    }
    return verdict;
  }

  const CacheType cache_;
  const Relation R_, W_, F_, DC_, IC_, po_, co_, fr_;
  Relation DSB_ob_, IFB_ob_;
  Relation fixed_;  // ob without DC-after, IC-after and what follows from them
  Relation pairs_;  // what these two order, one way or the other
};

template <CacheType kCache>
std::vector<AxiomResult> CheckArm64(const ExecutionGraph& g) {
  const GraphIndex index(g);
  const Relation rf = index.Rf(), co = index.Mo();
  const Relation fr = (index.Where(IsRead) >> Inv(rf) >> co) - Id(index.size());
  return {index.Named("external", Arm64OrderedBefore(index, kCache).external),
          index.Named("internal", Arm64Internal(index)),
          index.Named("atomicity", Empty(index.Rmw() & (fr >> co))),
          index.Named("no-thin-air", Acyclic(index.Sb() | rf))};
}

// CMODX-ordering.  Where IDC = DIC = 1, each stale fetch is ob-before the write by its staleness
// alone, so ob would call no modification a race; what orders the two must do so on any CPU.
Relation ModificationOrder(const ExecutionGraph& g) {
  return Arm64OrderedBefore(GraphIndex(g), CacheType::kNone).certain;
}

// Data races are C++'s.
template <CacheType kCache>
const MemoryModel& Arm64With(std::string_view name) {
  static const MemoryModel model{name, CheckArm64<kCache>, Rc11().happens_before,
                                 [] { return MakeArm64Checker(kCache); }, ModificationOrder};
  return model;
}

}  // namespace

OrderedBefore Arm64OrderedBefore(const GraphIndex& index, CacheType cache) {
  return Ob(index, cache).Solve();
}

bool HasArm64OrderedBefore(const GraphIndex& index, CacheType cache) {
  return Ob(index, cache).Exists(index);
}

Verdict Arm64Internal(const GraphIndex& index) {
  const Relation rf = index.Rf() >> index.Where(IsRead), co = index.Mo();
  const Relation fr = (Inv(rf) >> co) - Id(index.size());
  return Acyclic((index.Po() & index.SameLocation()) | rf | co | fr);
}

const MemoryModel& Arm64() { return Arm64With<CacheType::kNone>("arm64"); }
const MemoryModel& Arm64Idc() { return Arm64With<CacheType::kIdc>("arm64-idc"); }
const MemoryModel& Arm64IdcDic() { return Arm64With<CacheType::kIdcDic>("arm64-idc-dic"); }

}  // namespace heddle::model
