// Small programs for tests: a few threads of a few instructions, written by hand, by a parser, or
// by a random generator.
#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include "model/program.h"

namespace heddle::model {

/// `register + add`, or just `add` if reg < 0.  Arithmetic is modulo 2^64.
struct Operand {
  int reg = -1;
  Value add = 0;
};
inline Operand Constant(Value v) { return {-1, v}; }
inline Operand Register(int reg, Value add = 0) { return {reg, add}; }

/// One instruction; the functions below make them.
struct Instruction {
  enum class Op {
    kLoad,   ///< reg = location
    kStore,  ///< location = value
    kFence,
    kFetchOp,   ///< reg = location; location = rmw(location, value)
    kExchange,  ///< reg = location; location = value
    kCas,       ///< reg = location; if (reg == expected) location = value
    kFetch,     ///< reg = location, as an instruction fetch
    kSerialize,
    kClean,
    kInvalidate,
    kChoose,  ///< reg = 0 … value-1
    kSet,     ///< reg = value + expected; no event
    kSkip,    ///< if ((reg == expected) == if_equal) skip the next `count` instructions; no event
  };
  Op op = Op::kFence;
  int reg = 0;
  Location location = 0;
  Operand value{}, expected{};
  Order order = Order::kRelaxed, failure = Order::kRelaxed;
  bool if_equal = true;
  int count = 0;
  bool awaits = false;  ///< a load or RMW takes only what passes this test, or waits:
  bool await_equal = true;
  Value await_value = 0;      ///< (value read == await_value) == await_equal
  bool written_once = false;  ///< of an awaiting load: Label::of_written_once
  RmwOp rmw = RmwOp::kAdd;
  Barrier barrier = Barrier::kByOrder;
  int address = -1;  ///< a register that the location pretends to depend on, or -1
};

inline bool IsRmw(Instruction::Op op) {
  return op == Instruction::Op::kFetchOp || op == Instruction::Op::kExchange ||
         op == Instruction::Op::kCas;
}

Instruction Load(int reg, Location location, Order order);
Instruction Store(Location location, Operand value, Order order);
Instruction Fence(Order order);
Instruction FetchAdd(int reg, Location location, Operand value, Order order);
Instruction FetchOp(int reg, Location location, RmwOp op, Operand value, Order order);
Instruction Exchange(int reg, Location location, Operand value, Order order);
Instruction Cas(int reg, Location location, Operand expected, Operand desired, Order success,
                Order failure);
Instruction Fetch(int reg, Location location);
Instruction Serialize();
Instruction Fence(Barrier barrier);
Instruction Clean(Location location);
Instruction Invalidate(Location location);
Instruction Choose(int reg, Value alternatives);
Instruction Set(int reg, Operand value, Operand plus = Constant(0));
Instruction SkipIf(int reg, Operand equals, int count);
Instruction SkipUnless(int reg, Operand equals, int count);

Instruction AddressFrom(int reg, Instruction access);
Instruction AwaitEqual(Instruction load_or_rmw, Value value);
Instruction AwaitUnequal(Instruction load_or_rmw, Value value);

class LitmusProgram : public Program {
 public:
  static constexpr int kRegisters = 24;
  using Registers = std::array<Value, kRegisters>;

  explicit LitmusProgram(std::vector<std::vector<Instruction>> threads, std::string name = "",
                         std::vector<Value> initial = {});

  int thread_count() const override { return static_cast<int>(threads_.size()); }
  void Restart() override;
  const Step& Next(ThreadId thread) override;
  void Reply(ThreadId thread, Value value) override;
  bool is_isolated() const override { return isolated_; }
  void RestartThread(ThreadId thread) override {
    states_[static_cast<std::size_t>(thread)] = State{};
  }
  /// Whether the search may restart single threads (true at first) or only the whole program.
  void set_isolated(bool isolated) { isolated_ = isolated; }
  /// Location l is `bytes[l]` bytes wide: 1, 2, 4 or 8, which is also the rule for further ones.
  void set_bytes(std::vector<int> bytes) { bytes_ = std::move(bytes); }
  ThreadId AlikeAs(ThreadId thread) const override {
    return alike_.empty() ? thread : alike_[static_cast<std::size_t>(thread)];
  }
  /// Thread t has the same code as thread `alike[t]` <= t.
  void set_alike(std::vector<ThreadId> alike) { alike_ = std::move(alike); }
  /// 0 where the constructor's `initial` does not say otherwise.
  Value InitialValue(Location location) const override;
  std::string LocationName(Location location) const override;

  const std::string& name() const { return name_; }
  /// The thread's registers at the end of `g`.  Restarts the program.
  std::vector<Registers> FinalRegisters(const ExecutionGraph& g);
  /// The mo-last value of `location`.
  Value FinalValue(const ExecutionGraph& g, Location location) const;

  friend std::ostream& operator<<(std::ostream& out, const LitmusProgram& program);

 private:
  struct State {
    std::size_t pc = 0;
    Step step;
    Registers registers{};
    // Which events of the thread a register's value depends on, and whether it has got so far.
    std::array<std::uint64_t, kRegisters> depends{};
    std::uint64_t control = 0;
    int events = 0;
  };
  static std::uint64_t DependsOn(const State& state, Operand operand);
  Value Evaluate(const State& state, Operand operand) const;
  int BytesOf(Location location) const;
  void RunLocal(ThreadId thread);  // up to the next instruction that is an event

  std::vector<std::vector<Instruction>> threads_;
  std::string name_;
  std::vector<Value> initial_;
  std::vector<int> bytes_;
  std::vector<ThreadId> alike_;
  bool isolated_ = true;
  std::vector<State> states_;
};

struct RandomOptions {
  int max_events = 8;     ///< over all threads, the two halves of an RMW counted separately
  bool plain = false;     ///< some locations are accessed plainly, so there may be races
  bool fetch = false;     ///< instruction fetches and serialising events
  bool await = false;     ///< loads and RMWs that wait for some values
  bool once = false;      ///< a further location or two: stored to once, if at all, and awaited
  bool all_rmws = false;  ///< bitwise operations and weak compare-exchanges, too
  bool sizes = false;     ///< locations of 1, 2 and 4 bytes, too
  bool arm64 = false;     ///< its barriers, cache maintenance and address dependencies
};

/// Any mix of what C++ has, plain accesses in one of four.  At most `max_events`.
RandomOptions AnyFeatures(std::uint64_t seed, int max_events);

/// Like RandomLitmus, with some threads alike; `alike` says which (LitmusProgram::set_alike).
/// Without RandomOptions::once.
LitmusProgram RandomAlikeLitmus(std::uint64_t seed, RandomOptions options,
                                std::vector<ThreadId>& alike);

/// 2 to 4 threads, 1 to 3 locations, all kinds of instructions and orders.  The same program for
/// the same seed on every platform.
LitmusProgram RandomLitmus(std::uint64_t seed, const RandomOptions& options = {});

}  // namespace heddle::model
