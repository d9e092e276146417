// Which events say that handlers interrupt a thread?
#pragma once

#include <cstddef>

#include "runtime/events/label.h"

namespace heddle::events {

/// A point at which handlers may interrupt: `perform(label)` chooses none or one of the `kinds`
/// that `can_fire(kind)`, `run(kind)` runs it, and so on until none is chosen.
template <typename CanFire, typename Perform, typename Run>
void FiringPoint(std::size_t kinds, SourceLocation at, CanFire can_fire, Perform perform, Run run) {
  for (;;) {
    model::Label choice = MakeLabel(model::Kind::kChoice, model::Order::kRelaxed, at);
    choice.value = 1;
    choice.interrupts = true;
    for (std::size_t kind = 0; kind < kinds; ++kind) {
      if (!can_fire(kind)) continue;
      ++choice.value;
      choice.expected |= model::Value{1} << kind;
    }
    if (choice.value == 1) return;
    model::Value chosen = perform(choice);
    if (chosen == 0) return;
    for (std::size_t kind = 0; kind < kinds; ++kind)
      if ((choice.expected >> kind & 1) != 0 && --chosen == 0) run(kind);
  }
}

/// The end of the handler of `kind`: a choice of one.
inline model::Label HandlerEnd(std::size_t kind, SourceLocation at) {
  model::Label end = MakeLabel(model::Kind::kChoice, model::Order::kRelaxed, at);
  end.value = 1;
  end.expected = model::Value{1} << kind;
  end.interrupts = true;
  return end;
}

}  // namespace heddle::events
