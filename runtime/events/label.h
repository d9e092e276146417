// What does the model call an operation?
#pragma once

#include <atomic>

#include "model/event.h"
#include "runtime/source_location.h"

namespace heddle::events {

constexpr model::Order ToModel(std::memory_order order) {
  switch (order) {
    case std::memory_order_relaxed:
      return model::Order::kRelaxed;
    case std::memory_order_consume:
    case std::memory_order_acquire:
      return model::Order::kAcquire;
    case std::memory_order_release:
      return model::Order::kRelease;
    case std::memory_order_acq_rel:
      return model::Order::kAcqRel;
    case std::memory_order_seq_cst:
      return model::Order::kSeqCst;
  }
  return model::Order::kSeqCst;
}

inline model::Label MakeLabel(model::Kind kind, model::Order order, SourceLocation at) {
  model::Label label{.kind = kind, .order = order};
  label.file = at.file;
  label.line = at.line;
  return label;
}

inline model::Label MakeUpdate(model::RmwOp op, model::Value operand, model::Order order,
                               SourceLocation at) {
  model::Label label = MakeLabel(model::Kind::kRead, order, at);
  label.rmw = true;
  label.op = op;
  label.value = operand;
  return label;
}

}  // namespace heddle::events
