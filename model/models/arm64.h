// Arm's order `ob` on one graph, for the axioms and for what else asks for it.
#pragma once

#include "model/relation.h"

namespace heddle::model {

/// CTR_EL0: which cache maintenance is needed before others fetch what was written.
enum class CacheType {
  kNone,    ///< IDC = 0, DIC = 0: DC CVAU, then IC IVAU
  kIdc,     ///< IDC = 1, DIC = 0: IC IVAU
  kIdcDic,  ///< IDC = 1, DIC = 1: neither
};

struct OrderedBefore {
  /// Whether DC-after and IC-after can be chosen so that ob is irreflexive; if not, a cycle.
  Verdict external;
  /// The part of ob that does not depend on that choice.
  Relation certain;
};

OrderedBefore Arm64OrderedBefore(const GraphIndex& index, CacheType cache);
/// Whether its `external` holds; faster.
bool HasArm64OrderedBefore(const GraphIndex& index, CacheType cache);

/// Coherence of data accesses, those of one thread included: acyclic (po-loc | rf | co | fr).
Verdict Arm64Internal(const GraphIndex& index);

}  // namespace heddle::model
