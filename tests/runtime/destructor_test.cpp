// Do destructors of objects that own ordinary memory run once each, and not too early, whatever the
// threads do with the object and wherever their execution is given up?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <stdexcept>
#include <vector>

#include "runtime/sync/mutex.h"
#include "tests/support/check_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::HasSubstr;
using Rt = ModelRuntime;
using enum std::memory_order;

// Objects whose constructor has run and whose destructor has not, in the order of real time.
std::set<const void*> alive;
int misused = 0;  // destructors of what is not alive, uses likewise

// Counts, and owns memory that AddressSanitizer watches.
struct Counted {
  Counted() { misused += !alive.insert(this).second; }
  ~Counted() { misused += alive.erase(this) != 1; }
  int Use() const {
    misused += !alive.contains(this);
    return memory[50];
  }
  std::vector<int> memory = std::vector<int>(100, 7);
};

struct Node : Counted {
  explicit Node(int v) : value(v, "node.value") {}
  Rt::Plain<int> value;
};

// Explores all of it, errors or not, both ways; what the first error is.
template <typename P>
ErrorKind ErrorOf(int threads, const model::MemoryModel& model = model::Rc11()) {
  std::set<ErrorKind> errors;
  for (const bool isolated : {false, true}) {
    misused = 0;
    {
      ModelCode code = CodeOf<P>(threads);
      code.isolated = isolated;
      Machine machine(std::move(code));
      model::ExploreOptions all;
      all.stop_at_first_error = false;
      const auto result = model::ExploreByRevisits(machine, model, all, {});
      EXPECT_TRUE(result.complete);
      errors.insert(result.violation ? result.violation->kind : ErrorKind::kNone);
    }
    EXPECT_EQ(misused, 0) << (isolated ? "isolated, " : "") << model.name;
    EXPECT_TRUE(alive.empty()) << alive.size() << " objects' memory is lost";
    alive.clear();
  }
  EXPECT_EQ(errors.size(), 1U);
  return *errors.begin();
}

struct BothDestroy {
  void Thread(int cpu) {
    if (cpu == 0) node.store(Rt::make<Node>(1), release);
    if (Node* const p = node.load(acquire)) Rt::destroy(p);
  }
  Rt::Atomic<Node*> node{nullptr, "node"};
};

TEST(Destructors, OfTwoThreadsRunOnce) {
  for (const model::MemoryModel* m : model::AllModels()) {
    EXPECT_EQ(ErrorOf<BothDestroy>(2, *m), ErrorKind::kDoubleFree);
    EXPECT_EQ(ErrorOf<BothDestroy>(3, *m), ErrorKind::kDoubleFree);
  }
}

struct DestroysTwice {
  void Thread(int cpu) {
    Node* const p = Rt::make<Node>(1);
    Rt::destroy(p);
    if (cpu == 1) Rt::destroy(p);
  }
};
struct BothInFinish {
  void Thread(int) { node.store(Rt::make<Node>(1), release); }
  void Finish() {
    Rt::destroy(node.load(relaxed));
    Rt::destroy(node.load(relaxed));
  }
  Rt::Atomic<Node*> node{nullptr, "node"};
};

TEST(Destructors, RunOnceForASecondDestroyOfTheSameThread) {
  EXPECT_EQ(ErrorOf<DestroysTwice>(2), ErrorKind::kDoubleFree);
  EXPECT_EQ(ErrorOf<BothInFinish>(1), ErrorKind::kDoubleFree);
}

// CPU 3 makes the node, CPU `kDestroyer` destroys it, the other two use it.
template <int kDestroyer>
struct HandedOver {
  void Thread(int cpu) {
    if (cpu == 3) return node.store(Rt::make<Node>(1), release);
    if (cpu == kDestroyer) {
      (void)users.await([](int n) { return n == 2; }, acquire, "the users");
      return Rt::destroy(node.load(acquire));
    }
    Node* const p = node.await([](Node* n) { return n != nullptr; }, acquire, "the node");
    Rt::check(p->Use() == 7, "owned memory");
    (void)p->value.load();
    Rt::check(p->Use() == 7, "owned memory");
    users.fetch_add(1, release);
  }
  Rt::Atomic<Node*> node{nullptr, "node"};
  Rt::Atomic<int> users{0, "users"};
};

TEST(Destructors, ComeAfterUsesThatAreOrderedBefore) {
  for (const model::MemoryModel* m : model::AllModels()) {
    EXPECT_EQ(ErrorOf<HandedOver<0>>(4, *m), ErrorKind::kNone);
    EXPECT_EQ(ErrorOf<HandedOver<2>>(4, *m), ErrorKind::kNone);
  }
}

// Nothing orders the use and the end; CPU 0 and 1 change places.
template <int kDestroyer>
struct Unordered {
  void Thread(int cpu) {
    if (cpu == 2) {
      node.store(Rt::make<Node>(1), release);
      return x.store(1, relaxed);
    }
    Node* const p = node.load(acquire);
    if (p == nullptr) return;
    if (cpu == kDestroyer) return Rt::destroy(p);
    (void)x.load(relaxed);
    (void)p->Use();
    (void)p->value.load();
  }
  Rt::Atomic<Node*> node{nullptr, "node"};
  Rt::Atomic<int> x{0, "x"};
};

TEST(Destructors, ComeAfterUsesThatAreErrors) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const auto error = [](ErrorKind kind) {  // a leak, if nobody sees the node in the end
      return kind == ErrorKind::kUseAfterFree || kind == ErrorKind::kLeak;
    };
    EXPECT_TRUE(error(ErrorOf<Unordered<0>>(3, *m))) << m->name;
    EXPECT_TRUE(error(ErrorOf<Unordered<1>>(3, *m))) << m->name;
    EXPECT_EQ(Explore(CodeOf<Unordered<1>>(3), *m).error(), ErrorOf<Unordered<1>>(3, *m));
  }
}

// The destructor waits for whoever uses the object still.
struct Pool {
  ~Pool() {
    stop.store(true, release);
    (void)stopped.await([](bool s) { return s; }, acquire, "the worker");
  }
  Counted memory;
  Rt::Atomic<bool> stop{false, "stop"}, stopped{false, "stopped"};
};
template <bool kTooLong>
struct PoolAndWorker {
  void Thread(int cpu) {
    if (cpu == 0) {
      Pool* const p = Rt::make<Pool>();
      pool.store(p, release);
      Rt::destroy(p);
    } else {
      Pool* const p = pool.await([](Pool* n) { return n != nullptr; }, acquire, "the pool");
      (void)p->stop.await([](bool s) { return s; }, acquire, "the end");
      p->stopped.store(true, release);
      if (kTooLong) (void)p->stop.load(relaxed);
    }
  }
  Rt::Atomic<Pool*> pool{nullptr, "pool"};
};

TEST(Destructors, MayWaitForOtherUsers) {
  for (const model::MemoryModel* m : model::AllModels()) {
    EXPECT_EQ(ErrorOf<PoolAndWorker<false>>(2, *m), ErrorKind::kNone);
    EXPECT_EQ(ErrorOf<PoolAndWorker<true>>(2, *m), ErrorKind::kUseAfterFree);
  }
}

// Whoever locks the mutex too late gets a report with its name.
struct Locked {
  sync::Mutex<Rt> mutex{"a mutex with a name that no small string holds"};
};
struct LocksTooLate {
  void Thread(int cpu) {
    if (cpu == 0) object.store(Rt::make<Locked>(), release);
    Locked* const p = object.load(acquire);
    if (p == nullptr) return;
    if (cpu == 0) return Rt::destroy(p);
    p->mutex.lock();
    p->mutex.unlock();
  }
  Rt::Atomic<Locked*> object{nullptr, "object"};
};

TEST(Destructors, OfAMutexThatIsUsedLater) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = Explore(CodeOf<LocksTooLate>(2), *m);
    EXPECT_EQ(e.error(), ErrorKind::kUseAfterFree);
    EXPECT_THAT(e.message(), HasSubstr("no small string holds"));
  }
}

// --- executions that are given up in a destructor

int begun = 0, ended = 0;

struct Operates {
  ~Operates() {
    ++begun;
    value.store(1, relaxed);
    (void)value.load(relaxed);
    if (other != nullptr) Rt::destroy(other);
    ++ended;
  }
  Counted memory;
  Operates* other = nullptr;
  Rt::Atomic<int> value{0, "value"};
};
struct GivenUpInADestructor {
  void Thread(int cpu) {
    if (cpu == 0) {
      Operates* const p = Rt::make<Operates>();
      p->other = Rt::make<Operates>();
      Rt::destroy(p);
    } else {
      Rt::check(false, "the other thread is anywhere");
    }
  }
};
struct Blocks {
  void Thread(int cpu) {
    if (cpu == 0) {
      Operates* const p = Rt::make<Operates>();
      Rt::spin_until([this] { return go.load(acquire); }, "what may come");
      Rt::destroy(p);
    } else {
      go.store(true, release);
    }
  }
  Rt::Atomic<bool> go{false, "go"};
};

TEST(Destructors, AreCompletedWhereTheExecutionIsGivenUp) {
  begun = ended = 0;
  EXPECT_EQ(ErrorOf<GivenUpInADestructor>(2), ErrorKind::kCheckFailed);
  EXPECT_EQ(ErrorOf<Blocks>(2), ErrorKind::kNone);
  EXPECT_GT(begun, 0);
  EXPECT_EQ(begun, ended);
}

// --- violations where nothing may be thrown

int scopes_left = 0, went_on = 0;

template <bool kInFinish>
struct FailsInADestructor {
  struct Guard {
    FailsInADestructor& program;
    ~Guard() {
      const Rt::MustReturn must_return;
      (void)program.cells[program.three].load(relaxed);
      program.cells[0].store(1, relaxed);
      ++scopes_left;
    }
  };
  void Go() {
    { const Guard guard{*this}; }
    cells[0].store(2, relaxed);
    ++went_on;
  }
  void Thread(int) {
    if (!kInFinish) Go();
  }
  void Finish() {
    if (kInFinish) Go();
  }
  int three = 3;
  Rt::Array<Rt::Atomic<int>, 3> cells{0, "cells"};
};
struct ThrowsAndFails {
  struct Guard {
    ~Guard() { Rt::check(false, "while an exception is thrown"); }
  };
  void Thread(int) {
    try {
      const Guard guard;
      throw std::runtime_error("thrown");
    } catch (const std::runtime_error&) {
    }
    cell.store(1, relaxed);
    ++went_on;
  }
  Rt::Atomic<int> cell{0, "cell"};
};

TEST(Violations, WhereNothingMayBeThrownAreReportedAndEndTheThreadAfterwards) {
  scopes_left = went_on = 0;
  for (const Explored& e : {Explore(CodeOf<FailsInADestructor<false>>(1)),
                            Explore(CodeOf<FailsInADestructor<true>>(1))}) {
    EXPECT_EQ(e.error(), ErrorKind::kOutOfBounds) << e.message();
    EXPECT_THAT(e.message(), HasSubstr("'cells' has 3 elements and none with index 3"));
  }
  EXPECT_EQ(scopes_left, 2);
  EXPECT_EQ(Explore(CodeOf<ThrowsAndFails>(1)).message(), "while an exception is thrown");
  EXPECT_EQ(went_on, 0);
}

struct FailsAtItsEnd {
  void Thread(int) {}
  ~FailsAtItsEnd() { Rt::check(false, "never right"); }
};

TEST(ViolationsDeathTest, InTheProgramsDestructorAreNamed) {
  EXPECT_EXIT((void)Explore(CodeOf<FailsAtItsEnd>(1)), testing::ExitedWithCode(2),
              "heddle: test fails in its destructor: never right");
}

// --- constructors that throw

struct ThrowsInside {
  explicit ThrowsInside(ThrowsInside** leak) {
    if (leak != nullptr) *leak = this;
    throw std::runtime_error("no");
  }
  Rt::Plain<int> value{1, "value"};
  Counted memory;
};
struct Outer {
  Outer() {
    try {
      (void)Rt::make<ThrowsInside>(nullptr);
    } catch (const std::runtime_error&) {
    }
  }
  Rt::Plain<int> after{2, "after"};
};
struct TriesOnce {
  void Thread(int cpu) {
    try {
      (void)Rt::make<ThrowsInside>(nullptr);
      Rt::check(false, "the constructor throws");
    } catch (const std::runtime_error&) {
    }
    Outer* const outer = Rt::make<Outer>();
    Rt::check(outer->after.load() == 2, "the next object's cells");
    if (cpu == 0) Rt::destroy(outer);
    if (cpu == 1) Rt::destroy(outer);
  }
};
struct UsesWhatHasThrown {
  void Thread(int) {
    ThrowsInside* p = nullptr;
    try {
      (void)Rt::make<ThrowsInside>(&p);
    } catch (const std::runtime_error&) {
    }
    (void)p->value.load();
  }
};
struct LosesTheNext {
  void Thread(int) {
    try {
      (void)Rt::make<ThrowsInside>(nullptr);
    } catch (const std::runtime_error&) {
      (void)Rt::make<Node>(1);
    }
  }
};

TEST(Constructors, ThatThrowLeaveNothing) {
  EXPECT_EQ(ErrorOf<TriesOnce>(2), ErrorKind::kNone);
  EXPECT_EQ(Explore(CodeOf<UsesWhatHasThrown>(1)).error(), ErrorKind::kUseAfterFree);
  EXPECT_EQ(ErrorOf<LosesTheNext>(1), ErrorKind::kLeak);
}

}  // namespace
}  // namespace heddle
