#include "runtime/ordered/barriers.h"

#include "runtime/events/label.h"
#include "runtime/ordered/player.h"

namespace heddle::ordered {
namespace {

using model::Kind;
using model::Label;
using model::Order;

constexpr std::uint16_t kEnded = 0xFFFF;  // acknowledges every generation

std::size_t At(int i) { return static_cast<std::size_t>(i); }

Label MakeLabel(Kind kind, Order order, model::Value value, SourceLocation at) {
  Label label = events::MakeLabel(kind, order, at);
  label.value = value;
  return label;
}

}  // namespace

void Barriers::ReachAll(int threads) {
  const auto name = [](Shared& shared, const char* its_name) {
    shared.cell = {.name = its_name, .storage = &shared.value, .written = true};
  };
  name(generation_, "barrier generation");
  for (Shared& shared : acknowledged_) name(shared, "barrier acknowledged");
  threads_ = threads;
}

void Barriers::All(Player& player, SourceLocation at) {
  if (!player.in_thread())
    return player.Fail(model::ErrorKind::kCheckFailed, "BarrierAll belongs into a thread", at);
  BarrierTaker& mine = player.self().barriers;
  player.Perform(MakeLabel(Kind::kFence, Order::kSeqCst, 0, at));
  Label next = MakeLabel(Kind::kRead, Order::kAcqRel, 1, at);
  next.rmw = true;
  next.op = model::RmwOp::kAdd;
  const auto generation = static_cast<std::uint16_t>(player.Perform(next, &generation_.cell) + 1);
  mine.in_handler_ = true;
  mine.Acknowledge(player, generation, at);
  mine.in_handler_ = false;
  for (int t = 0; t < threads_; ++t) {
    if (t == player.self().number) continue;
    Label acknowledged = MakeLabel(Kind::kRead, Order::kAcquire, 0, at);
    acknowledged.await =
        model::AwaitTest::Of([generation](model::Value ack) { return ack >= generation; });
    player.Await(acknowledged, &acknowledged_[At(t)].cell,
                 "every CPU's acknowledgement of BarrierAll");
  }
  player.Perform(MakeLabel(Kind::kFence, Order::kSeqCst, 0, at));
}

bool BarrierTaker::Enabled(Player& player) const {
  return player.barriers().reach() && !in_handler_;
}

void BarrierTaker::Acknowledge(Player& player, std::uint16_t generation, SourceLocation at) {
  acknowledged_ = generation;
  player.Perform(MakeLabel(Kind::kWrite, Order::kRelease, generation, at),
                 &player.barriers().acknowledged_[At(player.self().number)].cell);
}

bool BarrierTaker::TakeOne(Player& player, SourceLocation at) {
  in_handler_ = true;
  const auto generation = static_cast<std::uint16_t>(player.Perform(
      MakeLabel(Kind::kRead, Order::kAcquire, 0, at), &player.barriers().generation_.cell));
  const bool is_new = generation != acknowledged_;
  if (is_new) {
    player.Perform(MakeLabel(Kind::kFence, Order::kSeqCst, 0, at));
    Acknowledge(player, generation, at);
  }
  in_handler_ = false;
  return is_new;
}

void BarrierTaker::BeforeOperation(Player& player, const Label& label) {
  if (!Enabled(player)) return;
  if (poll_due_) {
    while (TakeOne(player, {})) {
    }
  }
  poll_due_ =
      label.kind != Kind::kFence && !(label.kind == Kind::kRead && label.order == Order::kPlain);
}

bool BarrierTaker::WhileWaiting(Player& player, SourceLocation at) {
  return Enabled(player) && TakeOne(player, at);
}

void BarrierTaker::ThreadEnds(Player& player) {
  if (player.barriers().reach())
    player.Perform(MakeLabel(Kind::kWrite, Order::kRelease, kEnded, {}),
                   &player.barriers().acknowledged_[At(player.self().number)].cell);
}

}  // namespace heddle::ordered
