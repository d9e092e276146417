// Random programs of locks, waits and notifications, threads that start threads, objects that come
// and go, and values of all kinds.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "runtime/native/thread_context.h"
#include "runtime/runtime.h"
#include "runtime/scenario.h"
#include "runtime/sync/barrier.h"
#include "runtime/sync/condition_variable.h"
#include "runtime/sync/latch.h"
#include "runtime/sync/lock.h"
#include "runtime/sync/mutex.h"
#include "runtime/sync/once.h"
#include "runtime/sync/semaphore.h"
#include "runtime/sync/shared_mutex.h"
#include "runtime/sync/thread.h"
#include "runtime/sync/thread_local.h"
#include "tests/support/check_program.h"

namespace heddle::syncs {

struct Op {
  enum Kind {
    // Within a lock or without:
    kLoad,
    kStore,
    kAdd,
    kPlainLoad,
    kPlainStore,
    // Locks, around one of the above:
    kLocked,
    kTryLocked,
    kBothLocked,  // the one of `location` first
    kLockedTwice,
    kShared,
    kExclusive,
    kOnce,
    kThrown,  // by an exception, the lock is left
    // Waits and notifications:
    kAcquire,
    kRelease,
    kWait,
    kNotifyOne,
    kNotifyAll,
    kConditionWait,
    kConditionNotifyOne,
    kConditionNotifyAll,
    kCountDown,
    kLatchWait,
    kMeet,
    // Objects, of which a slot holds one or none:
    kPut,
    kTryPut,
    kTake,
    kPeek,
    // Values:
    kFlagSet,
    kFlagClear,
    kFlagTest,
    kFlagWait,
    kWideLoad,
    kWideStore,
    kWideCas,
    kStep,      // moves a pointer into an array, by its own distance
    kIndexed,   // reads the array where the pointer points, or behind it
    kMaybeSet,  // an uninitialised variable
    kMaybeGet,
    // Threads:
    kSpawnAndJoin,
    kSpawn,  // joined at the end
    kSpawnAndDetach,
    kKinds
  };
  int kind, inner, location, value;
};
/// How many events an operation makes, at most or nearly so.
inline int EventsOf(const Op& op) {
  static constexpr std::array<int, Op::kKinds> kEvents = {
      1, 1, 2, 1,  1,                     // accesses
      5, 6, 9, 10, 5, 5,  4, 5,           // locks
      2, 2, 4, 2,  2, 12, 3, 2, 2, 1, 5,  // waits
      6, 7, 6, 2,                         // objects
      2, 1, 1, 5,  1, 1,  2, 2, 2, 1, 1,  // values
      5, 5, 4};                           // threads
  return kEvents[static_cast<std::size_t>(op.kind)];
}

struct Program {
  int count = 2;                        ///< threads that are there from the beginning
  std::vector<std::vector<Op>> bodies;  ///< theirs, then those of the ones that they start
  bool cleans_up = true;                ///< at the end, the slot
  bool isolated = false;                ///< see ModelCode

  int spawned() const { return static_cast<int>(bodies.size()) - count; }
};

/// A few more than `max_events` events, or fewer.
inline Program MakeProgram(std::uint64_t seed, int max_events) {
  native::Random random(seed);
  const auto any = [&](int from, int to) { return from + random.Below(to - from + 1); };
  // A program with two families of operations has more to do with itself than one with all.
  enum { kLocks, kWaits, kObjects, kValues, kThreads, kFamilies };
  static constexpr std::array<std::array<int, 2>, kFamilies> kFamily = {
      {{Op::kLocked, Op::kThrown},
       {Op::kAcquire, Op::kMeet},
       {Op::kPut, Op::kPeek},
       {Op::kFlagSet, Op::kMaybeGet},
       {Op::kSpawnAndJoin, Op::kSpawnAndDetach}}};
  const std::array<int, 2> families = {any(0, kFamilies - 1), any(0, kFamilies - 1)};
  const bool spawns = families[0] == kThreads || families[1] == kThreads;
  const bool plain = random.Below(3) == 0;

  Program program;
  program.count = spawns ? any(1, 2) : any(2, 3);
  program.cleans_up = random.Below(8) != 0;
  program.isolated = random.Below(2) == 0;
  program.bodies.resize(static_cast<std::size_t>(program.count));
  const auto access = [&] { return any(Op::kLoad, plain ? Op::kPlainStore : Op::kAdd); };
  int left = max_events;
  for (std::size_t turn = 0; left > 0; ++turn) {
    const std::size_t body = turn % program.bodies.size();
    Op op{access(), access(), random.Below(2), random.Below(3)};
    if (random.Below(4) != 0) {
      const auto& family = kFamily[static_cast<std::size_t>(families[random.Below(2) == 0])];
      op.kind = any(family[0], family[1]);
    }
    left -= EventsOf(op);
    if (op.kind >= Op::kSpawnAndJoin) {
      if (program.bodies.size() == 4) continue;
      op.value = static_cast<int>(program.bodies.size());
      program.bodies.push_back({});
    }
    program.bodies[body].push_back(op);
  }
  return program;
}

/// Of threads that are there from the beginning; thread t runs what alike[t] runs.
inline Program MakeAlikeProgram(std::uint64_t seed, int max_events, const std::vector<int>& alike) {
  native::Random random(seed);
  const auto any = [&](int from, int to) { return from + random.Below(to - from + 1); };
  Program program;
  program.count = static_cast<int>(alike.size());
  program.isolated = random.Below(2) == 0;
  program.bodies.resize(alike.size());
  const bool waits = random.Below(2) == 0, plain = random.Below(4) == 0;
  const auto access = [&] { return any(Op::kLoad, plain ? Op::kPlainStore : Op::kAdd); };
  for (std::size_t t = 0; t < alike.size(); ++t) {
    auto& body = program.bodies[t];
    if (alike[t] != static_cast<int>(t)) {
      body = program.bodies[static_cast<std::size_t>(alike[t])];
      continue;
    }
    for (int left = max_events / program.count; left > 0;) {
      Op op{access(), access(), random.Below(2), random.Below(3)};
      if (random.Below(3) != 0)
        op.kind = waits && random.Below(2) == 0 ? any(Op::kAcquire, Op::kMeet)
                                                : any(Op::kLocked, Op::kThrown);
      left -= EventsOf(op);
      body.push_back(op);
    }
  }
  return program;
}

inline const Program* g_program = nullptr;  ///< that Runs runs

template <Runtime Rt>
class Runs {
 public:
  static constexpr auto relaxed = std::memory_order_relaxed;
  static constexpr auto acquire = std::memory_order_acquire;
  static constexpr auto release = std::memory_order_release;

  void Thread(int t) { Run(static_cast<std::size_t>(t)); }
  void Finish() {
    if (g_program->cleans_up) Rt::destroy(slot_.load(relaxed));
  }

 private:
  using Cell = typename Rt::template Atomic<int>;
  struct Node {
    explicit Node(int v) : value(v, "value") {}
    typename Rt::template Plain<int> value;
  };

  void Run(std::size_t body) {
    std::vector<sync::Thread<Rt>> to_join;
    for (const Op& op : g_program->bodies[body]) Do(op, to_join);
    for (auto& thread : to_join) thread.join();
  }

  void Access(int kind, const Op& op) {
    Cell& cell = op.location == 0 ? x_ : y_;
    switch (kind) {
      case Op::kLoad:
        (void)cell.load(op.value == 0 ? relaxed : acquire);
        return;
      case Op::kStore:
        return cell.store(op.value + (*mine_)++, op.value == 0 ? relaxed : release);
      case Op::kAdd:
        cell.fetch_add(1, std::memory_order_acq_rel);
        return;
      case Op::kPlainLoad:
        (void)plain_.load();
        return;
      default:
        plain_.store(op.value);
    }
  }

  void Do(const Op& op, std::vector<sync::Thread<Rt>>& to_join) {
    sync::Mutex<Rt>&lock = op.location == 0 ? a_ : b_, &other = op.location == 0 ? b_ : a_;
    Cell& cell = op.location == 0 ? x_ : y_;
    switch (op.kind) {
      case Op::kLocked:
        lock.lock();
        Access(op.inner, op);
        return lock.unlock();
      case Op::kTryLocked:
        if (!lock.try_lock()) return;
        Access(op.inner, op);
        return lock.unlock();
      case Op::kBothLocked:
        lock.lock();
        other.lock();
        Access(op.inner, op);
        other.unlock();
        return lock.unlock();
      case Op::kLockedTwice:
        recursive_.lock();
        recursive_.lock();
        Access(op.inner, op);
        recursive_.unlock();
        return recursive_.unlock();
      case Op::kShared:
        shared_.lock_shared();
        Access(op.inner, op);
        return shared_.unlock_shared();
      case Op::kExclusive:
        shared_.lock();
        Access(op.inner, op);
        return shared_.unlock();
      case Op::kOnce:
        return once_.call([&] { Access(op.inner, op); });
      case Op::kThrown:
        try {
          const sync::Lock locked(lock);
          Access(op.inner, op);
          throw op.value;
        } catch (int) {
        }
        return;
      case Op::kConditionWait: {
        sync::Lock locked(a_);
        return condition_.wait(locked);
      }
      case Op::kConditionNotifyOne:
        return condition_.notify_one();
      case Op::kConditionNotifyAll:
        return condition_.notify_all();
      case Op::kCountDown:
        return latch_.count_down();
      case Op::kLatchWait:
        return latch_.wait();
      case Op::kMeet:
        return barrier_.arrive_and_wait();
      case Op::kAcquire:
        return semaphore_.acquire();
      case Op::kRelease:
        return semaphore_.release();
      case Op::kWait:
        return cell.wait(op.value, acquire);
      case Op::kNotifyOne:
        return cell.notify_one();
      case Op::kNotifyAll:
        return cell.notify_all();
      case Op::kPut:
      case Op::kTryPut: {
        Node* const node = op.kind == Op::kPut ? Rt::template make<Node>(op.value)
                                               : Rt::template try_make<Node>(op.value);
        return Rt::destroy(slot_.exchange(node, std::memory_order_acq_rel));
      }
      case Op::kTake: {
        Node* const node = slot_.exchange(nullptr, op.value == 0 ? relaxed : acquire);
        if (node != nullptr) (void)node->value.load();
        return Rt::destroy(node);
      }
      case Op::kPeek: {
        Node* const node = slot_.load(acquire);
        if (node != nullptr) (void)node->value.load();
        return;
      }
      case Op::kFlagSet:
        if (!flag_.test_and_set(op.value == 0 ? relaxed : acquire)) flag_.notify_one();
        return;
      case Op::kFlagClear:
        return flag_.clear(op.value == 0 ? relaxed : release);
      case Op::kFlagTest:
        return (void)flag_.test(op.value == 0 ? relaxed : acquire);
      case Op::kFlagWait:
        return flag_.wait(false, acquire);
      case Op::kWideLoad:
        return (void)wide_.load(op.value == 0 ? relaxed : acquire);
      case Op::kWideStore:
        return wide_.store({1, static_cast<std::uint64_t>(op.value)}, release);
      case Op::kWideCas: {
        Wide expected{1, static_cast<std::uint64_t>(op.value)};
        wide_.compare_exchange_strong(expected, {expected.high + 1, expected.low}, acquire,
                                      relaxed);
        return;
      }
      case Op::kStep:
        pointer_.fetch_add(op.value == 0 ? -1 : 1, std::memory_order_acq_rel);
        return;
      case Op::kIndexed:
        return (void)array_[pointer_.load(acquire) - kGround.data() - 1 + op.value / 2].load();
      case Op::kMaybeSet:
        return maybe_.store(op.value);
      case Op::kMaybeGet:
        return (void)maybe_.load();
      case Op::kSpawnAndJoin:
      case Op::kSpawn:
      case Op::kSpawnAndDetach: {
        sync::Thread<Rt> thread([this, body = static_cast<std::size_t>(op.value)] { Run(body); });
        if (op.kind == Op::kSpawnAndJoin) return thread.join();
        if (op.kind == Op::kSpawnAndDetach) return thread.detach();
        return to_join.push_back(std::move(thread));
      }
      default:
        return Access(op.kind, op);
    }
  }

  struct Wide {
    std::uint64_t high, low;
  };
  static constexpr std::array<int, 8> kGround{};  // what the pointer points into; not memory

  Cell x_{0, "x"}, y_{0, "y"};
  typename Rt::AtomicFlag flag_{"flag"};
  typename Rt::template Atomic<Wide> wide_{{0, 0}, "wide"};
  typename Rt::template Atomic<const int*> pointer_{kGround.data() + 2, "pointer"};
  typename Rt::template Array<typename Rt::template Plain<int>, 2> array_{0, "array"};
  typename Rt::template Plain<int> maybe_{uninitialised, "maybe"};
  typename Rt::template Plain<int> plain_{0, "plain"};
  sync::ThreadLocal<Rt, int> mine_;
  sync::Mutex<Rt> a_{"a"}, b_{"b", 1};
  sync::RecursiveMutex<Rt> recursive_{"recursive"};
  sync::SharedMutex<Rt> shared_{"shared"};
  sync::OnceFlag<Rt> once_{"once"};
  sync::Semaphore<Rt> semaphore_{1, "semaphore"};
  sync::ConditionVariable<Rt> condition_{"condition", 1};
  sync::Latch<Rt> latch_{1, "latch"};
  sync::Barrier<Rt> barrier_{2, "barrier"};
  typename Rt::template Atomic<Node*> slot_{nullptr, "slot"};
};

/// Of *g_program.
template <Runtime Rt>
ModelCode CodeOfProgram() {
  ModelCode code = CodeOf<Runs<Rt>>(g_program->count);
  code.spawned = g_program->spawned();
  code.isolated = g_program->isolated;
  return code;
}

}  // namespace heddle::syncs
