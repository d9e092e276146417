#include "runtime/events/ipis.h"

#include "runtime/events/label.h"

namespace heddle::events {
namespace {

using model::Kind;
using model::Label;
using model::Order;

constexpr std::uint16_t kEnded = 0xFFFF;  // acknowledges every generation

std::size_t At(int i) { return static_cast<std::size_t>(i); }
std::size_t At(Ipi which) { return static_cast<std::size_t>(which); }

Label MakeLabel(Kind kind, Order order, model::Location l, model::Value value, SourceLocation at) {
  Label label = events::MakeLabel(kind, order, at);
  label.location = l;
  label.value = value;
  return label;
}

}  // namespace

void Ipis::Reset() {
  reach_ = false;
  cpus_ = Fresh();
  generations_.fill(-1);
  flaw_ = SyncFlaw::kNone;
  barrier_ = model::Barrier::kByOrder;
}

void Ipis::ResetThread(int cpu) {
  Cpu& c = cpus_[At(cpu)];
  Cpu fresh{.reached = c.reached};
  for (std::size_t i = 0; i < kInterrupts; ++i) fresh.lines[i].ack = c.lines[i].ack;
  c = fresh;
}

void Ipis::Reach(Ipi which, int cpu) {
  const bool serialize = which == Ipi::kSerialize;
  model::Location& generation = generations_[At(which)];
  if (generation < 0)
    generation = processors_.NewVariable(serialize ? "sync generation" : "barrier generation");
  Cpu& c = cpus_.at(At(cpu));
  Line& line = c.lines[At(which)];
  if (line.ack >= 0) return;
  reach_ = c.reached = true;
  line.ack = processors_.NewVariable(serialize ? "sync acknowledged" : "barrier acknowledged");
}

void Ipis::AddExecutors(std::initializer_list<int> executors) {
  for (const int cpu : executors) Reach(Ipi::kSerialize, cpu);
}

void Ipis::ReachAllByBarriers() {
  for (int cpu = 0; cpu < processors_.count(); ++cpu) Reach(Ipi::kBarrier, cpu);
}

bool Ipis::Enabled() {
  if (!reach_) return false;
  const Cpu& c = cpu();
  return c.reached && !c.in_handler && c.masked == 0;
}

void Ipis::Take(Ipi which, SourceLocation at) {
  if (which == Ipi::kBarrier) {
    processors_.Perform(FullBarrier(at));
    return;
  }
  Label label = MakeLabel(Kind::kSerialize, Order::kRelaxed, 0, 0, at);
  // The interrupt comes because of the write that was read just before.
  label.depends.control = 1;
  processors_.Perform(label);
}

void Ipis::Acknowledge(Ipi which, std::uint16_t generation, SourceLocation at) {
  Line& line = cpu().lines[At(which)];
  line.acknowledged = generation;
  processors_.Perform(MakeLabel(Kind::kWrite, Order::kRelease, line.ack, generation, at));
}

bool Ipis::TakeOne(Ipi which, SourceLocation at) {
  const Line& line = cpu().lines[At(which)];
  if (line.ack < 0) return false;
  const auto generation = static_cast<std::uint16_t>(
      processors_.Perform(MakeLabel(Kind::kRead, Order::kAcquire, generations_[At(which)], 0, at)));
  if (generation == line.acknowledged) return false;
  if (which != Ipi::kSerialize || flaw_ != SyncFlaw::kInterruptsOnly) Take(which, at);
  Acknowledge(which, generation, at);
  return true;
}

bool Ipis::TakeOne(SourceLocation at) {
  cpu().in_handler = true;
  const bool serialized = TakeOne(Ipi::kSerialize, at);
  const bool passed = TakeOne(Ipi::kBarrier, at);
  cpu().in_handler = false;
  return serialized || passed;
}

// Interrupts may be taken here, or later; several, if the CPU has been idle.
void Ipis::Poll(SourceLocation at) {
  if (!Enabled() || !cpu().poll_due) return;
  while (TakeOne(at)) {
  }
  cpu().poll_due = false;
}

// Between two polls something must have happened that could make a difference: a fence or a
// race-free access alone allows nothing after it that the poll before it did not.
void Ipis::BeforeOperation(const Label& label) {
  if (!reach_) return;
  if (label.kind == Kind::kFetch || label.kind == Kind::kSerialize) {
    cpu().poll_due = true;  // interrupts come between instructions: Call polls
    return;
  }
  if (!Enabled()) return;
  Poll({});
  cpu().poll_due =
      label.kind != Kind::kFence && !(label.kind == Kind::kRead && label.order == Order::kPlain);
}

bool Ipis::WhileWaiting(SourceLocation at) { return Enabled() && TakeOne(at); }

void Ipis::ThreadEnds() {
  if (!reach_) return;
  for (const Line& line : cpu().lines)
    if (line.ack >= 0)
      processors_.Perform(MakeLabel(Kind::kWrite, Order::kRelease, line.ack, kEnded, {}));
}

Label Ipis::FullBarrier(SourceLocation at) const {
  Label barrier = MakeLabel(Kind::kFence, Order::kSeqCst, 0, 0, at);
  barrier.barrier = barrier_;
  return barrier;
}

// Full barriers before and after, as membarrier documents.  On arm64 the first one also waits for
// cache maintenance, as sending an interrupt does.
void Ipis::All(Ipi which, SourceLocation at) {
  const bool serialize = which == Ipi::kSerialize;
  if (!processors_.in_thread()) {
    processors_.Fail(
        model::ErrorKind::kCheckFailed,
        serialize ? "sync_core_all() belongs into a thread" : "BarrierAll belongs into a thread",
        at);
    return;
  }
  const model::Location generation = generations_[At(which)];
  if (generation < 0) return;  // it reaches nobody: no text, or no BarrierAll, was made
  processors_.Perform(FullBarrier(at));
  Label next = MakeLabel(Kind::kRead, Order::kAcqRel, generation, 1, at);
  next.rmw = true;
  next.op = model::RmwOp::kAdd;
  const auto mine = static_cast<std::uint16_t>(processors_.Perform(next) + 1);
  if (cpu().lines[At(which)].ack >= 0) {
    cpu().in_handler = true;
    if (serialize && flaw_ != SyncFlaw::kSkipsCaller) Take(which, at);
    Acknowledge(which, mine, at);
    cpu().in_handler = false;
  }
  for (std::size_t c = 0; c < cpus_.size(); ++c) {
    const Line& line = cpus_[c].lines[At(which)];
    if (line.ack < 0 || At(processors_.running()) == c) continue;
    Label acknowledged = MakeLabel(Kind::kRead, Order::kAcquire, line.ack, 0, at);
    acknowledged.await = model::AwaitTest::Of([mine](model::Value ack) { return ack >= mine; });
    processors_.Await(acknowledged, serialize ? "every CPU's acknowledgement of sync_core_all"
                                              : "every CPU's acknowledgement of BarrierAll");
  }
  processors_.Perform(FullBarrier(at));
}

}  // namespace heddle::events
