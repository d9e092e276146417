#include "runtime/ordered/nesting.h"

#include <algorithm>
#include <utility>

#include "runtime/events/handlers.h"
#include "runtime/ordered/player.h"

namespace heddle::ordered {

using model::Kind;
using model::Label;

void Nesting::SetHandler(Player& player, Interrupt kind, int bound, std::function<void()> handler,
                         SourceLocation at) {
  if (frames_.size() > 1)
    return player.Fail(model::ErrorKind::kMisuse, "a handler registers a handler", at);
  PointIfDue(player, at);  // the last of the old handlers
  handlers_[static_cast<std::size_t>(kind)] = {std::move(handler), bound};
  has_handlers_ = true;
  frames_.back().point_due = true;
}

void Nesting::Mask(Player& player, Interrupt kind, SourceLocation at) {
  if (kind == Interrupt::kNmi)
    return player.Fail(model::ErrorKind::kMisuse, "an NMI cannot be masked", at);
  PointIfDue(player, at);
  ++masked_[static_cast<std::size_t>(kind)];
}

void Nesting::Unmask(Player& player, Interrupt kind, SourceLocation at) {
  int& masked = masked_[static_cast<std::size_t>(kind)];
  if (masked == 0)
    return player.Fail(model::ErrorKind::kMisuse, "what is unmasked here was not masked", at);
  --masked;
  frames_.back().point_due = true;
}

bool Nesting::InHandler(Interrupt kind) const {
  return std::any_of(frames_.begin() + 1, frames_.end(),
                     [&](const Frame& f) { return f.kind == static_cast<std::size_t>(kind); });
}

bool Nesting::CanFire(std::size_t kind) const {
  for (std::size_t k = kind; k < kKinds; ++k)
    if (masked_[k] > 0) return false;
  return handlers_[kind].left > 0;
}

void Nesting::PointIfDue(Player& player, SourceLocation at) {
  if (!has_handlers_ || !frames_.back().point_due) return;
  frames_.back().point_due = false;
  events::FiringPoint(
      kKinds, at, [&](std::size_t kind) { return CanFire(kind); },
      [&](const Label& choice) { return player.Perform(choice); },
      [&](std::size_t kind) { Run(player, kind, at); });
}

void Nesting::Run(Player& player, std::size_t kind, SourceLocation at) {
  --handlers_[kind].left;
  ++fired_;
  const auto masked = masked_;
  {
    struct Nested {
      Nested(Nesting& outer, std::size_t its_kind) : nesting(outer), kind(its_kind) {
        ++nesting.masked_[kind];
        nesting.frames_.push_back({.kind = kind, .point_due = false});
      }
      ~Nested() {
        nesting.frames_.pop_back();
        --nesting.masked_[kind];
      }
      Nesting& nesting;
      std::size_t kind;
    };
    const Nested nested(*this, kind);
    const Seen seen;
    handlers_[kind].body();
  }
  if (masked_ != masked)
    player.Fail(model::ErrorKind::kMisuse, "a handler ends with other masks than it began with",
                at);
  player.Perform(events::HandlerEnd(kind, at));
}

void Nesting::BeforeOperation(Player& player, const Label& label, bool every_point) {
  if (!has_handlers_ || label.kind == Kind::kChoice) return;
  const bool within = label.kind == Kind::kFetch || label.kind == Kind::kSerialize;
  if (!within) PointIfDue(player, {label.file, label.line});
  const bool plain = (label.is_read() || label.is_write()) && label.order == model::Order::kPlain;
  frames_.back().point_due = every_point || !plain;
}

void Nesting::ThreadEnds(Player& player) {
  PointIfDue(player, {});
  for (Handler& handler : handlers_) handler.left = 0;
}

}  // namespace heddle::ordered
