#include "runtime/model/machine.h"

#include <stdexcept>
#include <utility>

#include "runtime/events/ipis.h"
#include "runtime/events/text.h"
#include "runtime/model/contexts.h"
#include "runtime/model/processors.h"

namespace heddle {
namespace {

using model::Kind;
using model::Label;
using model::Step;
using model::Value;

std::size_t At(int i) { return static_cast<std::size_t>(i); }

}  // namespace

thread_local Machine* Machine::current_ = nullptr;

void* ModelInstance::operator new(std::size_t bytes) {
  return Machine::Current().AllocateProgram(bytes);
}

Machine::Machine(ModelCode code)
    : code_(std::move(code)),
      processors_(std::make_unique<MachineProcessors>(*this)),
      ipis_(std::make_unique<events::Ipis>(*processors_)),
      contexts_(std::make_unique<Contexts>(*this, threads(), code_.every_firing_point)),
      text_(std::make_unique<events::Text>(*processors_, *ipis_)),
      arena_(threads()) {
  threads_.resize(At(threads()));
  for (int t = 0; t < threads(); ++t) threads_[At(t)].fiber = NewFiber(t);
}

Machine::~Machine() {
  Machine* const outer = std::exchange(current_, this);  // destructors may touch cells
  for (int t = threads(); t-- > 0;) Abandon(t);
  for (int t = 0; t < threads(); ++t) DropObjects(t);
  quitting_ = true;
  for (Thread& t : threads_) t.fiber->Resume();
  DestroyInstance();
  current_ = outer;
}

// One fiber serves a thread in every execution; between two of them it waits here.
void Machine::ThreadMain(int t, Fiber& fiber) {
  Thread& self = threads_[At(t)];
  while (!quitting_) {
    self.idle = false;
    try {
      if (t < code_.threads) {
        instance_->Thread(t);
      } else {
        RunSpawned(t);
      }
      contexts_->ThreadEnds();
      ipis_->ThreadEnds();
      self.step.kind = Step::Kind::kFinished;
      self.has_step = true;
    } catch (const Abandoned&) {
    } catch (const boost::context::detail::forced_unwind&) {
      throw;
    } catch (const std::exception& e) {
      ExceptionLeft(self, t, e.what());
    } catch (...) {
      ExceptionLeft(self, t, "one that is no std::exception");
    }
    self.idle = true;
    fiber.Yield();
  }
}

void Machine::ExceptionLeft(Thread& thread, int t, const std::string& what) {
  thread.step = Step::Finished();
  thread.step.kind = Step::Kind::kError;
  thread.step.error = model::ErrorKind::kCheckFailed;
  thread.step.message = "an exception left thread " + std::to_string(t) + ": " + what;
  thread.has_step = true;
}

void Machine::Resume(int t) {
  Machine* const outer = std::exchange(current_, this);
  running_ = t;
  if (!guard_.Resume(*threads_[At(t)].fiber)) ThreadCrashed(t);
  running_ = -1;
  current_ = outer;
}

void Machine::Abandon(int t) {
  if (threads_[At(t)].idle) return;
  abandoning_ = true;
  Resume(t);
  abandoning_ = false;
}

void Machine::Reset(Thread& thread) {
  thread.has_step = false;
  thread.cells = thread.operations = thread.stores = thread.must_return = 0;
  thread.has_awaited = false;
  thread.life = NewLife();
  thread.allocation = -1;
  thread.allocations.clear();
  thread.has_destructors = false;
  thread.allowed_leaks.clear();
  thread.observed.clear();
  thread.failed_spuriously.clear();
}

void Machine::Restart() {
  Machine* const outer = std::exchange(current_, this);
  // A spawned thread may refer to its spawner's locals; its number is the larger one.
  for (int t = threads(); t-- > 0;) Abandon(t);
  for (int t = 0; t < threads(); ++t) DropObjects(t);
  DestroyInstance();
  cells_.clear();
  ipis_->Reset();
  text_->Reset();
  for (Thread& t : threads_) Reset(t);
  contexts_->Reset();
  final_ = nullptr;
  MakeSpawnCells();
  try {
    MakeInstance();
    LeaveOutsideIfAllowed();
  } catch (const FailedOutsideThreads&) {
    current_ = outer;
    throw std::invalid_argument(
        code_.name + " fails while it is constructed: " +
        std::exchange(failure_outside_, std::nullopt).value_or(Step()).message);
  }
  setup_cells_ = static_cast<int>(cells_.size());
  current_ = outer;
  if (stuck_) ThrowStuck();
}

void Machine::RestartThread(model::ThreadId t) {
  Thread& thread = threads_[At(t)];
  Abandon(t);
  DropObjects(t);
  for (std::size_t i = thread.observed.size(); i-- > 0;)
    thread.observed[i].observation->value = thread.observed[i].before;
  Reset(thread);
  contexts_->ResetCpu(t);
  ipis_->ResetThread(t);
  final_ = nullptr;
  if (stuck_) ThrowStuck();
}

const Step& Machine::Next(model::ThreadId t) {
  if (!threads_[At(t)].has_step) Resume(t);
  return threads_[At(t)].step;
}

void Machine::Reply(model::ThreadId t, Value value) {
  threads_[At(t)].reply = value;
  threads_[At(t)].has_step = false;
}

// The thread goes through its script by itself: no switch for each operation.
int Machine::Replay(model::ThreadId t, const model::Event* recorded, int count) {
  Thread& thread = threads_[At(t)];
  thread.script = recorded;
  thread.script_end = recorded + count;
  if (!thread.has_step || FollowsScript(thread.step, recorded->label)) {
    if (thread.has_step) Reply(t, NextInScript(thread));
    Resume(t);
  }
  const auto done = static_cast<int>(thread.script - recorded);
  thread.script = thread.script_end = nullptr;
  return done;
}

bool Machine::FollowsScript(const Step& step, const Label& recorded) {
  return step.kind == Step::Kind::kOperation && SameOperation(step.label, recorded);
}

Value Machine::NextInScript(Thread& thread) {
  const Value value = thread.script++->value;
  if (thread.script != thread.script_end && thread.script->label.is_write() &&
      thread.script->label.rmw)
    ++thread.script;  // the writing half
  return value;
}

void Machine::Stop() {
  Thread& self = thread();
  self.has_step = true;
  self.fiber->Yield();
}

// While a thread is given up, destructors may still operate: nobody looks any more.
void Machine::LeaveIfAllowed() {
  if (thread().must_return == 0 && std::uncaught_exceptions() == 0) throw Abandoned();
}

Value Machine::Perform(const Label& label) {
  if (!in_thread()) return PerformOutside(label);
  if (!abandoning_) contexts_->BeforeOperation(label);
  if (!abandoning_) ipis_->BeforeOperation(label);
  if (abandoning_) {  // by now, perhaps: while the thread stood at an interrupt
    LeaveIfAllowed();
    return 0;
  }
  if (label.kind != Kind::kSerialize) thread().has_awaited = false;
  Thread& self = thread();
  ++self.operations;
  guard_.Progress();
  Value value = 0;
  if (self.script != self.script_end && SameOperation(label, self.script->label)) {
    value = NextInScript(self);
  } else {
    self.step.kind = Step::Kind::kOperation;
    self.step.label = label;
    if (label.await) self.step.label.may_be_interrupted = contexts_->MayFire();
    Stop();
    if (abandoning_) {
      LeaveIfAllowed();
      return 0;
    }
    value = self.reply;
  }
  const bool writes = label.is_write() || (label.rmw && RmwWrites(label, value));
  if (writes && !ipis_->InHandler()) ++self.stores;
  contexts_->AfterOperation(label, writes);
  return value;
}

Value Machine::PerformOutside(const Label& label) {
  LeaveOutsideIfAllowed();
  if (label.kind == Kind::kChoice)
    Fail(model::ErrorKind::kCheckFailed,
         "choose() belongs into a thread, not into set-up or Finish", {label.file, label.line});
  if (!label.is_read() && !label.is_write()) return 0;
  CheckOutside(label);
  const Value value = label.is_read() ? ValueOutside(label) : label.value;
  const bool writes = label.is_write() || (label.rmw && RmwWrites(label, value));
  if (!writes) return value;
  const Value stored = label.rmw ? WriteHalf(label, value).value : label.value;
  if (finishing_) {
    stored_at_end_[label.location] = stored;
  } else {
    cells_[At(label.location)].initial = stored;
    cells_[At(label.location)].uninitialised = false;
  }
  return value;
}

Value Machine::ValueOutside(const Label& label) const {
  const Cell& c = cell(label.location);
  if (!finishing_) return c.initial;
  const auto stored = stored_at_end_.find(label.location);
  if (stored != stored_at_end_.end()) return stored->second;
  const auto& mo = final_->mo(label.location);
  return mo.empty() ? c.initial : final_->at(mo.back()).value;
}

// Every second cell of a thread is for waiters.
model::Location Machine::CellOfThread(int n, model::ThreadId t) const {
  return 2 * (setup_cells_ + n * threads()) + t;
}

// Set-up's cells come first, in order of construction, then as many for their waiters; those of
// threads are interleaved, so that a cell's number depends on its own thread only, and every second
// one is for waiters.
model::Location Machine::NewCell(const char* name, std::optional<Value> initial, SourceLocation at,
                                 int bytes) {
  int l = static_cast<int>(cells_.size());
  int allocation = -1;
  if (in_thread()) {
    l = CellOfThread(thread().cells++, running_);
    allocation = thread().allocation;
  }
  if (l > (in_thread() ? 32'000 : 16'000)) {
    Fail(model::ErrorKind::kTooLarge, "more than 16000 named variables", at);
    return 0;
  }
  if (At(l) >= cells_.size()) cells_.resize(At(l) + 1);
  cells_[At(l)] = {.name = name,
                   .initial = initial.value_or(0),
                   .allocation = allocation,
                   .used = true,
                   .uninitialised = !initial};
  if (in_thread() && initial) {
    Label init{
        .kind = Kind::kWrite, .order = model::Order::kPlain, .location = l, .value = *initial};
    init.bytes = static_cast<std::uint8_t>(bytes);
    init.file = at.file;
    init.line = at.line;
    Perform(init);
  }
  return l;
}

void Machine::SetNamesThreads(model::Location location) {
  cells_[At(location)].names_threads = true;
}

const char* Machine::Keep(const std::string& name) {
  return kept_names_.insert(name).first->c_str();
}

Value Machine::Choose(int n, SourceLocation at) {
  if (n < 1) {
    Fail(model::ErrorKind::kCheckFailed, "choose(n) needs n >= 1", at);
    return 0;
  }
  Label choice{.kind = Kind::kChoice, .value = static_cast<Value>(n)};
  choice.file = at.file;
  choice.line = at.line;
  return Perform(choice);
}

model::Location Machine::WaitersOf(model::Location atomic) {
  if (!in_thread()) return -1;  // no operation outside threads uses it
  const int l = atomic + (atomic < setup_cells_ ? setup_cells_ : threads());
  if (At(l) >= cells_.size()) cells_.resize(At(l) + 1);
  cells_[At(l)] = {.name = cell(atomic).name,
                   .allocation = cell(atomic).allocation,
                   .used = true,
                   .of_waiters = true,
                   .names_threads = true};
  return l;
}

bool Machine::FailsSpuriously(model::Location l, SourceLocation at) {
  if (!in_thread() || abandoning_) return false;
  auto& failed = thread().failed_spuriously;
  if (std::erase(failed, l) > 0) return false;
  if (Choose(2, at) == 0) return false;
  failed.push_back(l);
  return true;
}

Value Machine::WideValue(const WideValues::Bytes& bytes) {
  if (const auto value = wide_values_.ValueOf(bytes)) return *value;
  Fail(model::ErrorKind::kTooLarge,
       "two different 16-byte values have the same 64-bit hash: use other values", {});
  return 0;
}

std::string Machine::LocationName(model::Location l) const {
  if (l < 0 || At(l) >= cells_.size() || !cell(l).used) return "?";
  const std::string in_text = text_->NameOf(l);
  if (!in_text.empty()) return in_text;
  return cell(l).of_waiters ? std::string("waiters of ") + cell(l).name : cell(l).name;
}

void Machine::Fail(model::ErrorKind kind, std::string message, SourceLocation at) {
  if (abandoning_ && in_thread()) return LeaveIfAllowed();
  Step step;
  step.kind = Step::Kind::kError;
  step.error = kind;
  step.message = std::move(message);
  step.label.file = at.file;
  step.label.line = at.line;
  if (!in_thread()) return FailOutside(std::move(step));
  thread().step = std::move(step);
  Stop();
  LeaveIfAllowed();
}

void Machine::FailOutside(Step step) {
  if (!failure_outside_) failure_outside_ = std::move(step);
  LeaveOutsideIfAllowed();
}

void Machine::LeaveOutsideIfAllowed() const {
  if (failure_outside_ && outside_must_return_ == 0 && std::uncaught_exceptions() == 0)
    throw FailedOutsideThreads();
}

void Machine::Observe(Observation& o, std::int64_t value) {
  if (abandoning_) return;
  if (in_thread()) {
    thread().observed.push_back({&o, o.name, o.value, value});
  } else {
    observed_outside_.push_back({&o, o.name, o.value, value});
  }
  o.value = value;
}

std::vector<Observation> Machine::EachObservation() const {
  std::vector<Observation> all;
  for (const Thread& t : threads_)
    for (const Observed& o : t.observed) all.push_back({o.name, o.value});
  for (const Observed& o : observed_outside_) all.push_back({o.name, o.value});
  return all;
}

std::string Machine::InstructionText(model::Location first, const std::vector<Value>& units) const {
  return text_->InstructionText(first, units);
}

bool Machine::IsSafeToModify(Value fetched, Value written) const {
  return text_->IsSafeToModify(fetched, written);
}

Step Machine::Finish(const model::ExecutionGraph& g) {
  Machine* const outer = std::exchange(current_, this);
  final_ = &g;
  finishing_ = true;
  observed_outside_.clear();
  BeginMemoryCheck(g);
  const std::size_t cells_before = cells_.size();
  Step result = Step::Finished();
  try {
    FinishInstance();
    LeaveOutsideIfAllowed();
    std::string forbidden;
    if (judge_) {
      each_observation_ = EachObservation();
      forbidden = judge_(*this);
    }
    if (!forbidden.empty()) Fail(model::ErrorKind::kForbiddenOutcome, std::move(forbidden), {});
    FailIfLeaking();
  } catch (const FailedOutsideThreads&) {
    result = *std::exchange(failure_outside_, std::nullopt);
  }
  // An isolated program goes on with the same objects.
  for (std::size_t i = observed_outside_.size(); i-- > 0;)
    observed_outside_[i].observation->value = observed_outside_[i].before;
  cells_.resize(cells_before);
  finishing_ = false;
  current_ = outer;
  return result;
}

}  // namespace heddle
