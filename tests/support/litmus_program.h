// Small programs for tests: a few threads of a few instructions, written by hand, by a parser, or
// by a random generator.
#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <string>
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
    kFetchAdd,  ///< reg = location; location += value
    kExchange,  ///< reg = location; location = value
    kCas,       ///< reg = location; if (reg == expected) location = value
    kFetch,     ///< reg = location, as an instruction fetch
    kSerialize,
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
};

Instruction Load(int reg, Location location, Order order);
Instruction Store(Location location, Operand value, Order order);
Instruction Fence(Order order);
Instruction FetchAdd(int reg, Location location, Operand value, Order order);
Instruction Exchange(int reg, Location location, Operand value, Order order);
Instruction Cas(int reg, Location location, Operand expected, Operand desired, Order success,
                Order failure);
Instruction Fetch(int reg, Location location);
Instruction Serialize();
Instruction Choose(int reg, Value alternatives);
Instruction Set(int reg, Operand value, Operand plus = Constant(0));
Instruction SkipIf(int reg, Operand equals, int count);
Instruction SkipUnless(int reg, Operand equals, int count);

class LitmusProgram : public Program {
 public:
  static constexpr int kRegisters = 24;
  using Registers = std::array<Value, kRegisters>;

  explicit LitmusProgram(std::vector<std::vector<Instruction>> threads, std::string name = "",
                         std::vector<Value> initial = {});

  int thread_count() const override { return static_cast<int>(threads_.size()); }
  void Restart() override;
  Step Next(ThreadId thread) override;
  void Reply(ThreadId thread, Value value) override;
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
    bool in_write_half = false;  // of an RMW, whose read went into the register
    Registers registers{};
  };
  Value Evaluate(const State& state, Operand operand) const;
  void RunLocal(ThreadId thread);  // up to the next instruction that is an event

  std::vector<std::vector<Instruction>> threads_;
  std::string name_;
  std::vector<Value> initial_;
  std::vector<State> states_;
};

struct RandomOptions {
  int max_events = 8;  ///< over all threads, the two halves of an RMW counted separately
  bool plain = false;  ///< some locations are accessed plainly, so there may be races
  bool fetch = false;  ///< instruction fetches and serialising events
};

/// 2 to 4 threads, 1 to 3 locations, all kinds of instructions and orders.  The same program for
/// the same seed on every platform.
LitmusProgram RandomLitmus(std::uint64_t seed, const RandomOptions& options = {});

}  // namespace heddle::model
