#include "runtime/model/interrupts.h"

#include "runtime/model/machine.h"
#include "runtime/model/text.h"

namespace heddle {
namespace {

using model::Kind;
using model::Label;
using model::Order;

constexpr std::uint16_t kEnded = 0xFFFF;  // acknowledges every generation

std::size_t At(int i) { return static_cast<std::size_t>(i); }

Label MakeLabel(Kind kind, Order order, model::Location l, model::Value value, SourceLocation at) {
  Label label{.kind = kind, .order = order, .location = l, .value = value};
  label.file = at.file;
  label.line = at.line;
  return label;
}

}  // namespace

void Interrupts::Reset() {
  cpus_.assign(At(machine_.threads()), Cpu{});
  generation_ = -1;
  flaw_ = SyncFlaw::kNone;
}

void Interrupts::AddExecutors(std::initializer_list<int> executors) {
  if (generation_ < 0) generation_ = machine_.NewCell("sync generation", 0, {});
  for (const int c : executors) {
    Cpu& cpu = cpus_.at(At(c));
    if (cpu.executor) continue;
    cpu.executor = true;
    cpu.ack = machine_.NewCell("sync acknowledged", 0, {});
  }
}

Interrupts::Cpu& Interrupts::cpu() { return cpus_[At(machine_.current_cpu())]; }

bool Interrupts::Enabled() {
  const Cpu& c = cpu();
  return c.executor && !c.in_handler && c.masked == 0;
}

void Interrupts::Acknowledge(std::uint16_t generation, bool serialize, SourceLocation at) {
  cpu().acknowledged = generation;
  Label label = MakeLabel(Kind::kSerialize, Order::kRelaxed, 0, 0, at);
  // The interrupt comes because of the write that was read just before.
  label.depends.control = 1;
  if (serialize) machine_.Perform(label);
  machine_.Perform(MakeLabel(Kind::kWrite, Order::kRelease, cpu().ack, generation, at));
}

bool Interrupts::TakeOne(SourceLocation at) {
  Cpu& c = cpu();
  c.in_handler = true;
  const auto generation = static_cast<std::uint16_t>(
      machine_.Perform(MakeLabel(Kind::kRead, Order::kAcquire, generation_, 0, at)));
  const bool taken = generation != c.acknowledged;
  if (taken) Acknowledge(generation, flaw_ != SyncFlaw::kInterruptsOnly, at);
  c.in_handler = false;
  return taken;
}

// Interrupts may be taken here, or later; several, if the CPU has been idle.
void Interrupts::Poll(SourceLocation at) {
  if (!Enabled() || !cpu().poll_due) return;
  while (TakeOne(at)) {
  }
  cpu().poll_due = false;
}

// Between two polls something must have happened that could make a difference: a fence or a
// race-free access alone allows nothing after it that the poll before it did not.
void Interrupts::BeforeOperation(const Label& label) {
  if (label.kind == Kind::kFetch || label.kind == Kind::kSerialize) {
    cpu().poll_due = true;  // interrupts come between instructions: Call polls
    return;
  }
  if (!Enabled()) return;
  Poll({});
  cpu().poll_due =
      label.kind != Kind::kFence && !(label.kind == Kind::kRead && label.order == Order::kPlain);
}

bool Interrupts::WhileWaiting(SourceLocation at) { return Enabled() && TakeOne(at); }

void Interrupts::ThreadEnds() {
  if (!cpu().executor) return;
  machine_.Perform(MakeLabel(Kind::kWrite, Order::kRelease, cpu().ack, kEnded, {}));
}

// Full barriers before and after, as membarrier documents.  On arm64 the first one also waits for
// cache maintenance, as sending an interrupt does.
void Interrupts::SyncAll(SourceLocation at) {
  if (!machine_.in_thread()) {
    machine_.Fail(model::ErrorKind::kCheckFailed, "sync_core_all() belongs into a thread", at);
    return;
  }
  if (generation_ < 0) return;  // there is no text, so nobody executes any
  Label barrier = MakeLabel(Kind::kFence, Order::kSeqCst, 0, 0, at);
  barrier.barrier = machine_.text().DataBarrier();
  machine_.Perform(barrier);
  Label next = MakeLabel(Kind::kRead, Order::kAcqRel, generation_, 1, at);
  next.rmw = true;
  next.op = model::RmwOp::kAdd;
  const auto mine = static_cast<std::uint16_t>(machine_.Perform(next) + 1);
  if (cpu().executor) {
    cpu().in_handler = true;
    Acknowledge(mine, flaw_ != SyncFlaw::kSkipsCaller, at);
    cpu().in_handler = false;
  }
  for (std::size_t c = 0; c < cpus_.size(); ++c) {
    if (!cpus_[c].executor || At(machine_.current_cpu()) == c) continue;
    Label acknowledged = MakeLabel(Kind::kRead, Order::kAcquire, cpus_[c].ack, 0, at);
    acknowledged.await = model::AwaitTest::Of([mine](model::Value ack) { return ack >= mine; });
    machine_.Await(acknowledged, "every CPU's acknowledgement of sync_core_all");
  }
  machine_.Perform(barrier);
}

}  // namespace heddle
