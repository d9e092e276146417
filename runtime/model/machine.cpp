#include "runtime/model/machine.h"

#include <stdexcept>
#include <utility>

#include "runtime/model/text.h"

namespace heddle {
namespace {

using model::Kind;
using model::Label;
using model::Step;
using model::Value;

std::size_t At(int i) { return static_cast<std::size_t>(i); }

struct FailedOutsideThreads {
  Step step;
};

}  // namespace

thread_local Machine* Machine::current_ = nullptr;

Machine::Machine(ModelCode code) : code_(std::move(code)), text_(std::make_unique<Text>(*this)) {
  threads_.resize(At(code_.threads));
  for (int t = 0; t < code_.threads; ++t)
    threads_[At(t)].fiber = std::make_unique<Fiber>([this, t](Fiber& f) { ThreadMain(t, f); });
}

Machine::~Machine() {
  Machine* const outer = std::exchange(current_, this);  // destructors may touch cells
  Abandon();
  quitting_ = true;
  for (Thread& t : threads_) t.fiber->Resume();
  instance_.reset();
  current_ = outer;
}

// One fiber serves a thread in every execution; between two of them it waits here.
void Machine::ThreadMain(int t, Fiber& fiber) {
  Thread& self = threads_[At(t)];
  while (!quitting_) {
    self.idle = false;
    try {
      instance_->Thread(t);
      text_->ThreadEnds();
      self.step = Step::Finished();
      self.has_step = true;
    } catch (const Abandoned&) {
    } catch (const std::exception& e) {
      self.step = Step::Finished();
      self.step.kind = Step::Kind::kError;
      self.step.error = model::ErrorKind::kCheckFailed;
      self.step.message = std::string("an exception left the thread: ") + e.what();
      self.has_step = true;
    }
    self.idle = true;
    fiber.Yield();
  }
}

void Machine::Abandon() {
  abandoning_ = true;
  for (int t = 0; t < code_.threads; ++t) {
    if (threads_[At(t)].idle) continue;
    running_ = t;
    threads_[At(t)].fiber->Resume();
  }
  running_ = -1;
  abandoning_ = false;
}

void Machine::Restart() {
  Machine* const outer = std::exchange(current_, this);
  Abandon();
  instance_.reset();
  cells_.clear();
  each_observation_.clear();
  text_->Reset();
  for (Thread& t : threads_) {
    t.has_step = false;
    t.cells = t.operations = t.stores = 0;
    t.allocation = -1;
    t.allocations.clear();
    t.arena_next = 0;
  }
  final_ = nullptr;
  try {
    instance_ = code_.make();
  } catch (const FailedOutsideThreads& failure) {
    current_ = outer;
    throw std::invalid_argument(code_.name +
                                " fails while it is constructed: " + failure.step.message);
  }
  setup_cells_ = static_cast<int>(cells_.size());
  current_ = outer;
}

Step Machine::Next(model::ThreadId t) {
  Thread& thread = threads_[At(t)];
  if (!thread.has_step) {
    Machine* const outer = std::exchange(current_, this);
    running_ = t;
    thread.fiber->Resume();
    running_ = -1;
    current_ = outer;
  }
  return thread.step;
}

void Machine::Reply(model::ThreadId t, Value value) {
  Thread& thread = threads_[At(t)];
  thread.reply = value;
  thread.has_step = false;
}

void Machine::Stop(Step step) {
  Thread& self = thread();
  self.step = std::move(step);
  self.has_step = true;
  self.fiber->Yield();
  if (abandoning_) throw Abandoned();
}

Value Machine::Perform(Label label) {
  if (!in_thread()) {
    Cell& c = cells_[At(label.location)];
    if (label.kind == Kind::kWrite) c.initial = label.value;
    if (label.kind == Kind::kChoice)
      Fail(model::ErrorKind::kCheckFailed,
           "choose() belongs into a thread, not into set-up or Finish", {label.file, label.line});
    if (label.kind != Kind::kRead) return 0;
    if (final_ == nullptr || final_->mo(label.location).empty()) return c.initial;
    return final_->at(final_->mo(label.location).back()).value;
  }
  // While the scenario unwinds, destructors may still operate: nobody looks any more.
  if (abandoning_) return 0;
  const bool within_rmw = label.rmw && label.kind == Kind::kWrite;
  if (!within_rmw) text_->BeforeOperation(label);
  ++thread().operations;
  if (label.kind == Kind::kWrite && !text_->InInterrupt()) ++thread().stores;
  Stop(Step::Operation(label));
  return thread().reply;
}

Value Machine::CompareExchange(Label read, Value desired) {
  read.kind = Kind::kRead;
  read.rmw = read.cas = in_thread();
  const Value old = Perform(read);
  if (old != read.expected) return old;
  Label write = read;
  write.kind = Kind::kWrite;
  write.cas = false;
  write.expected = 0;
  write.value = desired;
  Perform(write);
  return old;
}

// Set-up's cells come first, in order of construction; those of threads are interleaved, so that a
// cell's number depends on its own thread only.
model::Location Machine::NewCell(const char* name, Value initial, SourceLocation at) {
  int l = static_cast<int>(cells_.size());
  int allocation = -1;
  if (in_thread()) {
    l = setup_cells_ + thread().cells++ * code_.threads + running_;
    allocation = thread().allocation;
  }
  if (l > 32'000) Fail(model::ErrorKind::kTooLarge, "more than 32000 named variables", at);
  if (At(l) >= cells_.size()) cells_.resize(At(l) + 1);
  cells_[At(l)] = {name, initial, allocation, true};
  if (in_thread()) {
    Label init{
        .kind = Kind::kWrite, .order = model::Order::kPlain, .location = l, .value = initial};
    init.file = at.file;
    init.line = at.line;
    Perform(init);
  }
  return l;
}

std::string Machine::LocationName(model::Location l) const {
  if (l < 0 || At(l) >= cells_.size() || !cell(l).used) return "?";
  const std::string in_text = text_->NameOf(l);
  return in_text.empty() ? cell(l).name : in_text;
}

void Machine::Fail(model::ErrorKind kind, std::string message, SourceLocation at) {
  if (abandoning_) std::terminate();  // a destructor must not wait or fail
  Step step;
  step.kind = Step::Kind::kError;
  step.error = kind;
  step.message = std::move(message);
  step.label.file = at.file;
  step.label.line = at.line;
  if (!in_thread()) throw FailedOutsideThreads{std::move(step)};
  Stop(std::move(step));
  throw Abandoned();  // not reached: an error step is never replied to
}

void Machine::Observe(Observation& o, std::int64_t value) {
  o.value = value;
  each_observation_.push_back({o.name, value});
}

bool Machine::InterruptWhileWaiting(SourceLocation at) { return text_->InterruptWhileWaiting(at); }

void* Machine::Allocate(std::size_t bytes, std::size_t alignment) {
  static constexpr std::size_t kBlock = 1024;
  if (bytes > kBlock || alignment > alignof(std::max_align_t))
    Fail(model::ErrorKind::kTooLarge, "make<T>() of more than 1024 bytes or over-aligned", {});
  if (!in_thread()) Fail(model::ErrorKind::kTooLarge, "make<T>() belongs into a thread", {});
  Thread& self = thread();
  if (self.arena_next == self.arena.size())
    self.arena.push_back(std::make_unique<std::byte[]>(kBlock));
  void* const p = self.arena[self.arena_next++].get();
  const int outer = self.allocation;
  self.allocation = static_cast<int>(self.allocations.size()) * code_.threads + running_;
  self.allocations.push_back({p, self.allocation, outer});
  return p;
}

void Machine::EndAllocation(const void* p) {
  for (const Allocation& a : thread().allocations)
    if (a.address == p) thread().allocation = a.outer;
}

void Machine::Free(void* p, SourceLocation at) {
  for (const Thread& t : threads_) {
    for (const Allocation& a : t.allocations) {
      if (a.address != p) continue;
      Label free{.kind = Kind::kFree, .location = a.id};
      free.file = at.file;
      free.line = at.line;
      Perform(free);
      return;
    }
  }
  Fail(model::ErrorKind::kDoubleFree, "destroy() of a pointer that make() did not return", at);
}

Step Machine::Finish(const model::ExecutionGraph& g) {
  Machine* const outer = std::exchange(current_, this);
  final_ = &g;
  Step result = Step::Finished();
  try {
    instance_->Finish();
    outcome_ = instance_->Observed();
    std::string forbidden = judge_ ? judge_(*this) : "";
    if (!forbidden.empty()) Fail(model::ErrorKind::kForbiddenOutcome, std::move(forbidden), {});
  } catch (const FailedOutsideThreads& failure) {
    result = failure.step;
  }
  current_ = outer;
  return result;
}

}  // namespace heddle
