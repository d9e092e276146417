// The model backend's engine: turns the operations of a scenario's threads, each a fiber, into the
// steps of a model::Program.
//
// Single-threaded.  One execution is: construct the scenario (its cells become locations), run the
// threads as the explorer asks, then Finish() over the complete graph.  During construction and
// finishing, operations take effect at once on initial and final values and are not events.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/execution_graph.h"
#include "model/program.h"
#include "runtime/model/arena.h"
#include "runtime/model/crash_guard.h"
#include "runtime/model/fiber.h"
#include "runtime/model/wide_values.h"
#include "runtime/scenario.h"

namespace heddle {

namespace events {
class Ipis;        // interrupts between CPUs: runtime/events/ipis.h
class Processors;  // what those and text ask of a machine: runtime/events/processors.h
class Text;        // instruction fetch and traps: runtime/events/text.h
}  // namespace events
class Contexts;  // handlers that interrupt a CPU anywhere: runtime/model/contexts.h

/// One run of a scenario's code, type-erased.
class ModelInstance {
 public:
  virtual ~ModelInstance() = default;
  /// Where the current machine has it: at the same address in every execution.
  static void* operator new(std::size_t bytes);
  static void operator delete(void*) {}
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
  /// Threads share nothing but cells: see runtime/scenario.h, kIsolated.
  bool isolated = false;
  /// Objects that are never destroyed are no errors: kLeaksAllowed.
  bool leaks_allowed = false;
  /// Threads that the code itself may start: they get the numbers after `threads`.
  int spawned = 0;
  /// A condition of spin_until that is false blocks its thread; with n > 0, only once it has been
  /// false n times before: slower, and shows nothing else (docs/how-a-check-works.md).
  int spin_rounds = 0;
  /// For each thread the first one that is like it (runtime/scenario.h, kAlike); empty: no
  /// reduction.
  std::vector<int> alike{};
  /// Handlers may interrupt also right after plain accesses: needed if a handler waits, else slower
  /// and nothing more (runtime/model/contexts.h).
  bool every_firing_point = false;
};

class Machine final : public model::Program {
 public:
  explicit Machine(ModelCode code);
  ~Machine() override;

  /// The machine whose code is running; operations of ModelRuntime go to it.
  static Machine& Current() { return *current_; }

  // --- model::Program
  int thread_count() const override { return threads(); }
  void Restart() override;
  const model::Step& Next(model::ThreadId t) override;
  void Reply(model::ThreadId t, model::Value value) override;
  int Replay(model::ThreadId t, const model::Event* recorded, int count) override;
  bool is_isolated() const override { return code_.isolated && !threads_share_objects_; }
  void RestartThread(model::ThreadId t) override;
  model::ThreadId AlikeAs(model::ThreadId t) const override {
    const auto i = static_cast<std::size_t>(t);
    return i < code_.alike.size() ? code_.alike[i] : t;
  }
  model::Value InitialValue(model::Location l) const override { return cell(l).initial; }
  int AllocationOf(model::Location l) const override { return cell(l).allocation; }
  std::vector<model::Location> LocationsOf(int allocation) const override;
  bool StartsUninitialised(model::Location l) const override { return cell(l).uninitialised; }
  bool NamesThreads(model::Location l) const override { return cell(l).names_threads; }
  std::string LocationName(model::Location l) const override;
  std::string InstructionText(model::Location first,
                              const std::vector<model::Value>& units) const override;
  bool IsSafeToModify(model::Value fetched, model::Value written) const override;
  model::Step Finish(const model::ExecutionGraph& g) override;

  // --- for ModelRuntime
  /// Issues an operation and returns the value read or chosen (0 for others).  A thread whose
  /// execution is given up leaves it by an exception, unless it must return.
  model::Value Perform(const model::Label& label);
  /// Issues a read or RMW that takes only values for which label.await holds.
  model::Value Await(model::Label label, const char* what);
  /// ISB, and what serialises on x86-64.
  void Serialize(SourceLocation at);
  /// A new cell of so many bytes; in a thread also its initialising plain write.  Without an
  /// initial value, it is an error to read it before it is written.
  model::Location NewCell(const char* name, std::optional<model::Value> initial, SourceLocation at,
                          int bytes = 8);
  model::Value Choose(int n, SourceLocation at);  ///< 0 … n-1
  const char* Keep(const std::string& name);      ///< the same text, as long as the machine lives
  /// The hidden cell beside `atomic`: runtime/events/waiters.h.
  model::Location WaitersOf(model::Location atomic);
  /// See Program::NamesThreads.
  void SetNamesThreads(model::Location location);
  /// A choice: does this thread's weak compare-exchange of `cell` fail without reason?  Not twice
  /// in a row, else a loop around it would have endless executions.
  bool FailsSpuriously(model::Location cell, SourceLocation at);
  /// A 16-byte value, and back.
  model::Value WideValue(const WideValues::Bytes& bytes);
  WideValues::Bytes WideBytes(model::Value value) const { return wide_values_.BytesOf(value); }
  /// Blocks unless `pred` holds for some values its reads may take; see ModelCode::spin_rounds.
  template <typename Pred>
  void SpinUntil(Pred pred, const char* what, SourceLocation at);
  /// Reports a violation, which ends the execution: leaves the thread by an exception, unless it
  /// must return.  Then the caller is to go on as if it read 0, whatever was wrong.
  void Fail(model::ErrorKind kind, std::string message, SourceLocation at);
  /// How many scopes of the running thread (or of set-up, Finish) demand that operations return
  /// (see runtime.h).
  int& must_return() { return in_thread() ? thread().must_return : outside_must_return_; }
  /// Starts one of the `spawned` threads and returns its number.
  int Spawn(std::function<void()> body, SourceLocation at);
  /// Waits until thread `t`, a spawned one, has ended.
  void AwaitEnd(int t, SourceLocation at);
  void Observe(Observation& o, std::int64_t value);

  void* AllocateProgram(std::size_t bytes);
  /// Throws std::bad_alloc if it has failed and must return.
  void* Allocate(std::size_t bytes, std::size_t alignment, SourceLocation at);
  /// The object at `p` is constructed; null: it needs no destructor.
  void EndAllocation(const void* p, void (*destructor)(void*));
  /// The constructor of the object at `p` has thrown.
  void TakeBack(const void* p, SourceLocation at);
  void Destroy(const void* p, SourceLocation at);
  void AllowLeak(const void* p);

  bool in_thread() const { return running_ >= 0; }
  bool is_abandoning() const { return abandoning_; }  ///< nobody looks at what the thread does
  int current_cpu() const { return running_; }
  int threads() const { return code_.threads + code_.spawned; }
  bool is_given_up() const { return abandoning_ || !in_thread(); }
  ThreadSlot this_thread();
  TrapDelivery delivery() const { return code_.delivery; }
  events::Processors& processors() { return *processors_; }
  events::Ipis& ipis() { return *ipis_; }
  Contexts& contexts() { return *contexts_; }
  /// How many stores the running thread has made, but for those of handlers.
  int& stores() { return thread().stores; }
  events::Text& text() { return *text_; }

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
    bool of_waiters = false;  // hidden, beside the atomic that has the name
    bool uninitialised = false;
    bool names_threads = false;  // see Program::NamesThreads
  };
  struct Allocation {
    void* address;
    int id;
    int outer;  // the allocation whose constructor made this one, or -1
    SourceLocation at;
    // Its cells are some of its thread's, in order of construction.
    int first_cell = 0, end_cells = 0;
    void (*destructor)(void*) = nullptr;
    bool destructed = false;  // the real memory, in this run
  };
  struct Observed {
    Observation* observation;
    const char* name;
    std::int64_t before, value;
  };
  struct Thread {
    std::unique_ptr<Fiber> fiber;
    // What the thread is to do again, with the answers it got.
    const model::Event *script = nullptr, *script_end = nullptr;
    model::Step step;
    bool has_step = false;
    bool idle = true;  // its fiber waits for the next execution
    model::Value reply = 0;
    int cells = 0, operations = 0, stores = 0;
    int must_return = 0;
    bool has_awaited = false;  // its last operation did, and only read
    std::uint64_t life = 0;    // see ThreadSlot
    int allocation = -1;       // the one that new cells belong to
    std::vector<Observed> observed;
    std::vector<model::Location> failed_spuriously;  // cells whose last weak CAS did
    std::vector<Allocation> allocations;
    bool has_destructors = false;  // some of these have
    std::vector<int> allowed_leaks;
  };
  struct Abandoned {};             // unwinds a thread whose execution is over
  struct FailedOutsideThreads {};  // failure_outside_ says how

  const Cell& cell(model::Location l) const { return cells_[static_cast<std::size_t>(l)]; }
  Thread& thread() { return threads_[static_cast<std::size_t>(running_)]; }
  void ThreadMain(int t, Fiber& fiber);
  void Resume(int t);  // runs thread t to its next step
  void ExceptionLeft(Thread& thread, int t, const std::string& what);
  void MakeSpawnCells();  // spawn.cpp has these three
  void RunSpawned(int t);
  static std::uint64_t NewLife();
  // When code under test crashes: crashes.cpp has these.
  std::unique_ptr<Fiber> NewFiber(int t);
  void ThreadCrashed(int t);
  std::string AfterWhat(const Thread& thread) const;
  template <typename F>
  void CallGuarded(const char* phase, F&& f);
  void MakeInstance();
  void DestroyInstance();
  void FinishInstance();
  [[noreturn]] void ThrowStuck();
  bool TryOnce(model::Label rmw, const model::AwaitTest& test, model::Value& read);
  void Stop();  // hands the thread's step to the explorer, returns when replied to
  // For a thread that is given up: throws Abandoned, unless it must return.
  void LeaveIfAllowed();
  static bool FollowsScript(const model::Step& step, const model::Label& recorded);
  static model::Value NextInScript(Thread& thread);
  std::vector<Observation> EachObservation() const;
  model::Value PerformOutside(const model::Label& label);  // in set-up and Finish
  model::Value ValueOutside(const model::Label& label) const;
  void CheckOutside(const model::Label& label);
  void FailOutside(model::Step step);
  // Throws FailedOutsideThreads if there is a failure, unless set-up or Finish must return.
  void LeaveOutsideIfAllowed() const;
  model::Location CellOfThread(int n, model::ThreadId t) const;
  Allocation* Find(const void* p);
  Allocation& AllocationAt(int id);
  void AnnounceEnd(model::Kind kind, int allocation, model::Value value, SourceLocation at);
  void RunDestructor(int allocation);
  bool MayLeak(int allocation) const;
  void DropObjects(int t);
  std::string NameOf(const Allocation& a) const;
  void BeginMemoryCheck(const model::ExecutionGraph& g);
  void FailIfLeaking();
  void Abandon(int t);
  void Reset(Thread& thread);
  bool InterruptWhileWaiting(SourceLocation at);
  int HandlersFired();
  bool MayBeInterrupted();  // a handler may run yet
  void WaitsInHandler(SourceLocation at);

  static thread_local Machine* current_;

  ModelCode code_;
  std::unique_ptr<ModelInstance> instance_;
  std::unique_ptr<events::Processors> processors_;
  std::unique_ptr<events::Ipis> ipis_;
  std::unique_ptr<Contexts> contexts_;
  std::unique_ptr<events::Text> text_;
  std::vector<Thread> threads_;
  std::vector<Cell> cells_;
  WideValues wide_values_;
  Arena arena_;
  std::set<std::string> kept_names_;
  // Per spawned thread: its cells' names, and what it runs, shared with the fiber that runs it.
  struct SpawnedThread {
    std::string start_name, end_name;
    std::shared_ptr<std::function<void()>> body;
  };
  std::vector<SpawnedThread> spawned_;
  std::uint64_t outside_life_ = 0;
  int setup_cells_ = 0;
  int running_ = -1;
  bool abandoning_ = false, quitting_ = false;
  const model::ExecutionGraph* final_ = nullptr;
  int outside_must_return_ = 0;
  std::optional<model::Step> failure_outside_;  // the first
  // A destructor has run in another thread than the constructor.  It may have changed ordinary
  // memory of the object, so threads can no longer be restarted one by one.
  bool threads_share_objects_ = false;
  // In Finish: what it has stored, and which allocations have been freed or may stay.
  bool finishing_ = false;
  std::map<model::Location, model::Value> stored_at_end_;
  std::set<int> freed_, allowed_leaks_;
  std::vector<Observed> observed_outside_;
  std::vector<Observation> outcome_, each_observation_;
  std::function<std::string(const Machine&)> judge_;
  CrashGuard guard_;
  bool damaged_ = false;  // this run's objects may be: code that was using them has crashed
  bool stuck_ = false;    // a thread did not end when it was given up
};

/// A scope in which operations return, also when the execution is given up.
class ModelMustReturn {
 public:
  ModelMustReturn() : depth_(Machine::Current().must_return()) { ++depth_; }
  ~ModelMustReturn() { --depth_; }
  ModelMustReturn(const ModelMustReturn&) = delete;
  ModelMustReturn& operator=(const ModelMustReturn&) = delete;

 private:
  int& depth_;
};

template <typename Pred>
void Machine::SpinUntil(Pred pred, const char* what, SourceLocation at) {
  if (!in_thread()) {
    if (!pred()) Fail(model::ErrorKind::kDeadlock, std::string(what) + " never holds", at);
    return;
  }
  int before = 0, failed = 0, fired = 0;
  WaitsInHandler(at);
  for (;;) {  // a waiting CPU takes interrupts
    before = thread().operations;
    fired = HandlersFired();
    const int stores = thread().stores;
    if (abandoning_ || pred()) return;
    if (thread().stores != stores) {
      return Fail(model::ErrorKind::kCheckFailed,
                  "the predicate of spin_until must not write when it is false: use a load or a "
                  "compare-exchange",
                  at);
    }
    if (HandlersFired() != fired) continue;  // look again at what they may have changed
    if (InterruptWhileWaiting(at)) continue;
    if (failed++ < code_.spin_rounds) continue;
    break;
  }
  model::Step& step = thread().step;
  step.kind = model::Step::Kind::kBlocked;
  step.message = what;
  step.label.file = at.file;
  step.label.line = at.line;
  step.label.value = static_cast<model::Value>(thread().operations - before);
  step.label.may_be_interrupted = MayBeInterrupted();
  Stop();
  LeaveIfAllowed();
}

}  // namespace heddle
