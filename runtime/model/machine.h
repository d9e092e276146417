// The model backend's engine: turns the operations of a scenario's threads, each a fiber, into the
// steps of a model::Program.
//
// Single-threaded.  One execution is: construct the scenario (its cells become locations), run the
// threads as the explorer asks, then Finish() over the complete graph.  During construction and
// finishing, operations take effect at once on initial and final values and are not events.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/execution_graph.h"
#include "model/program.h"
#include "runtime/model/fiber.h"
#include "runtime/scenario.h"

namespace heddle {

class Text;  // instruction fetch, traps and interrupts: runtime/model/text.h

/// One run of a scenario's code, type-erased.
class ModelInstance {
 public:
  virtual ~ModelInstance() = default;
  virtual void Thread(int cpu) = 0;
  virtual void Finish() = 0;
  virtual std::vector<Observation> Observed() const = 0;
};

/// What a machine runs.
struct ModelCode {
  std::string name;
  int threads = 1;
  TrapDelivery delivery = TrapDelivery::kKernel;
  std::function<std::unique_ptr<ModelInstance>()> make;
};

class Machine final : public model::Program {
 public:
  explicit Machine(ModelCode code);
  ~Machine() override;

  /// The machine whose code is running; operations of ModelRuntime go to it.
  static Machine& Current() { return *current_; }

  // --- model::Program
  int thread_count() const override { return code_.threads; }
  void Restart() override;
  model::Step Next(model::ThreadId t) override;
  void Reply(model::ThreadId t, model::Value value) override;
  model::Value InitialValue(model::Location l) const override { return cell(l).initial; }
  int AllocationOf(model::Location l) const override { return cell(l).allocation; }
  std::string LocationName(model::Location l) const override;
  model::Step Finish(const model::ExecutionGraph& g) override;

  // --- for ModelRuntime
  /// Issues an operation and returns the value read or chosen (0 for others).
  model::Value Perform(model::Label label);
  /// A new cell; in a thread also its initialising plain write.
  model::Location NewCell(const char* name, model::Value initial, SourceLocation at);
  /// An RMW: `compute` maps the value read to the one written; returns the value read.
  template <typename F>
  model::Value ReadModifyWrite(model::Label read, F compute);
  /// Strong CAS; returns the value read.
  model::Value CompareExchange(model::Label read, model::Value desired);
  /// Blocks unless `pred` holds for some values its reads may take.
  template <typename Pred>
  void SpinUntil(Pred pred, const char* what, SourceLocation at);
  [[noreturn]] void Fail(model::ErrorKind kind, std::string message, SourceLocation at);
  void Observe(Observation& o, std::int64_t value);

  void* Allocate(std::size_t bytes, std::size_t alignment);  ///< in this thread's arena
  void EndAllocation(const void* p);                         ///< its cells have been made
  void Free(void* p, SourceLocation at);

  bool in_thread() const { return running_ >= 0; }
  int current_cpu() const { return running_; }
  int threads() const { return code_.threads; }
  TrapDelivery delivery() const { return code_.delivery; }
  Text& text() { return *text_; }

  /// The scenario's observations; valid after Restart().
  std::vector<Observation> Names() const { return instance_->Observed(); }
  /// Called at the end of each complete execution; a non-empty answer fails it (kForbiddenOutcome).
  void set_judge(std::function<std::string(const Machine&)> judge) { judge_ = std::move(judge); }
  /// What Finish() saw: the tuple of observations (kSample), and every single one (kTorture).
  const std::vector<Observation>& outcome() const { return outcome_; }
  const std::vector<Observation>& each_observation() const { return each_observation_; }

 private:
  struct Cell {
    const char* name = "?";
    model::Value initial = 0;
    int allocation = -1;
    bool used = false;
  };
  struct Allocation {
    void* address;
    int id;
    int outer;  // the allocation whose constructor made this one, or -1
  };
  struct Thread {
    std::unique_ptr<Fiber> fiber;
    model::Step step;
    bool has_step = false;
    bool idle = true;  // its fiber waits for the next execution
    model::Value reply = 0;
    int cells = 0, operations = 0, stores = 0;
    int allocation = -1;  // the one that new cells belong to
    std::vector<Allocation> allocations;
    std::vector<std::unique_ptr<std::byte[]>> arena;  // blocks, reused in order
    std::size_t arena_next = 0;
  };
  struct Abandoned {};  // unwinds a thread whose execution is over

  const Cell& cell(model::Location l) const { return cells_[static_cast<std::size_t>(l)]; }
  Thread& thread() { return threads_[static_cast<std::size_t>(running_)]; }
  void ThreadMain(int t, Fiber& fiber);
  void Stop(model::Step step);  // hands `step` to the explorer, returns when replied to
  void Abandon();
  bool InterruptWhileWaiting(SourceLocation at);

  static thread_local Machine* current_;

  ModelCode code_;
  std::unique_ptr<ModelInstance> instance_;
  std::unique_ptr<Text> text_;
  std::vector<Thread> threads_;
  std::vector<Cell> cells_;
  int setup_cells_ = 0;
  int running_ = -1;
  bool abandoning_ = false, quitting_ = false;
  const model::ExecutionGraph* final_ = nullptr;
  std::vector<Observation> outcome_, each_observation_;
  std::function<std::string(const Machine&)> judge_;
  friend class Text;
};

template <typename F>
model::Value Machine::ReadModifyWrite(model::Label read, F compute) {
  read.kind = model::Kind::kRead;
  read.rmw = in_thread();
  const model::Value old = Perform(read);
  model::Label write = read;
  write.kind = model::Kind::kWrite;
  write.value = compute(old);
  Perform(write);
  return old;
}

template <typename Pred>
void Machine::SpinUntil(Pred pred, const char* what, SourceLocation at) {
  if (!in_thread()) {
    if (!pred()) Fail(model::ErrorKind::kDeadlock, std::string(what) + " never holds", at);
    return;
  }
  int before = 0;
  do {  // a waiting CPU takes interrupts
    before = thread().operations;
    const int stores = thread().stores;
    if (abandoning_ || pred()) return;
    if (thread().stores != stores)
      Fail(model::ErrorKind::kCheckFailed,
           "the predicate of spin_until must not write when it is false: use a load or a "
           "compare-exchange",
           at);
  } while (InterruptWhileWaiting(at));
  model::Step step;
  step.kind = model::Step::Kind::kBlocked;
  step.message = what;
  step.label.file = at.file;
  step.label.line = at.line;
  step.label.value = static_cast<model::Value>(thread().operations - before);
  Stop(std::move(step));
}

}  // namespace heddle
