// Incremental consistency for the models that are one acyclic order: sc and x86-TSO.
#pragma once

#include "model/consistency/order_closure.h"
#include "model/memory_model.h"

namespace heddle::model {

class StoreOrderChecker final : public ConsistencyChecker {
 public:
  explicit StoreOrderChecker(StoreOrder order) : order_(order) {}

  void OnAppend(ExecutionGraph& g, EventId e) const override;
  void OnComplete(ExecutionGraph& g, EventId e) const override;
  int FirstCoherent(const ExecutionGraph& g, EventId e) const override;
  /// Nothing to check: FirstCoherent decides.
  bool Consistent(const ExecutionGraph&, EventId) const override { return true; }

 private:
  StoreOrder order_;
};

}  // namespace heddle::model
