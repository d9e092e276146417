// AArch64 litmus tests in herd's format, with code that is modified while it runs, as a Program.
//
// Each thread interprets its instructions; those whose label escapes (into a register or a cell, so
// that somebody may write there) are fetched as events first.  Dependencies are tracked through
// registers and flags.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "model/execution_graph.h"
#include "model/program.h"

namespace heddle::model {

/// Why a test cannot be run.
struct UnsupportedLitmus : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A thread runs on and on.
struct EndlessLitmus : UnsupportedLitmus {
  using UnsupportedLitmus::UnsupportedLitmus;
};

/// One decoded instruction.  Branches are relative, so that copies mean what copies of the encoding
/// mean.
struct Arm64Instruction {
  enum class Op {
    kNop,
    kMove,  ///< rd = rn + rm + imm; also ADD
    kAnd,
    kEor,
    kCompare,  ///< rn with rm + imm
    kSet,      ///< CSET rd
    kSelect,   ///< CSEL rd, rn, rm
    kBranch,
    kBranchIf,  ///< B.EQ, B.NE
    kBranchIfZero,
    kBranchUnlessZero,
    kCall,
    kBranchRegister,
    kCallRegister,
    kAddress,  ///< ADR
    kLoad,
    kStore,
    kFetchAdd,  ///< LDADD: rd = memory; memory += rm
    kClean,
    kInvalidate,
    kBarrier,
    kIsb,
    kSetReturn,  ///< MSR ELR_EL1
    kExceptionReturn,
    kUndefined,
  };
  Op op = Op::kUndefined;
  int rd = 31, rn = 31, rm = 31;  ///< 31: zero
  std::int64_t imm = 0;           ///< value, or distance in instructions
  bool equal = true;              ///< condition EQ, else NE
  Order order = Order::kRelaxed;
  Barrier barrier = Barrier::kByOrder;

  bool operator==(const Arm64Instruction&) const = default;
};

class Arm64Litmus final : public Program {
 public:
  static constexpr int kRegisters = 32;  ///< the last one is zero
  using Registers = std::array<Value, kRegisters>;

  /// Throws UnsupportedLitmus if something in `text` is beyond it.
  explicit Arm64Litmus(const std::string& text);

  int thread_count() const override { return threads_; }
  void Restart() override;
  const Step& Next(ThreadId thread) override;
  void Reply(ThreadId thread, Value value) override;
  bool is_isolated() const override { return true; }
  void RestartThread(ThreadId thread) override;
  Value InitialValue(Location location) const override;
  std::string LocationName(Location location) const override;
  /// The set of the Arm ARM, B2.2.5, as far as there are such instructions here.
  bool IsSafeToModify(Value fetched, Value written) const override;
  /// Whether IsSafeToModify makes a difference (not so at first).
  void set_judges_modification(bool judges) { judges_modification_ = judges; }

  /// A register's number; a name like X3 or W3.
  static int RegisterNumber(const std::string& name);
  /// The value that "NOP", "label:\"P0:L\"", "x" or a number stands for.
  Value Constant(const std::string& text);
  /// The location of variable `name`.
  Location Variable(const std::string& name);
  Registers FinalRegisters(const ExecutionGraph& g, ThreadId thread);
  Value FinalValue(const ExecutionGraph& g, Location location) const;
  /// The contents of `locations [ … ]`: "0:X3" or "x".
  const std::vector<std::string>& observed() const { return observed_; }

 private:
  using Op = Arm64Instruction::Op;
  struct Register {
    Value value = 0;
    std::uint64_t depends = 0;  // events, by index
    std::uint64_t picked = 0;   // events that chose between values (CSEL)
  };
  struct State {
    Value pc = 0, exception_return = 0;
    bool fetched = false, faulted = false, done = false;
    Arm64Instruction instruction;
    int events = 0;
    std::array<Register, kRegisters> registers;
    Register equal;  // the Z flag
    std::uint64_t control = 0;
    Step step;
  };

  void ReadInitial(const std::string& text);
  void ReadCode(const std::string& text);
  Value ReadValue(const std::string& text);
  Arm64Instruction Decode(const std::string& text, std::size_t code, std::size_t slot);
  Value Intern(const Arm64Instruction& instruction);

  const Arm64Instruction* SlotAt(Value address) const;
  Location LocationAt(Value address) const;  // -1: none
  bool Advance(ThreadId thread);             // one instruction; false if it needs an event
  Label MakeLabel(const State& s) const;
  void Fault(ThreadId thread);

  int threads_ = 0;
  std::vector<std::vector<Arm64Instruction>> code_;            // threads', then handlers'
  std::vector<std::map<std::string, std::size_t>> labels_;     // label -> slot, by code
  std::map<ThreadId, std::size_t> handlers_;                   // thread -> code
  std::vector<std::pair<std::size_t, std::string>> escaping_;  // code and label that an ADR names
  std::vector<Arm64Instruction> interned_;
  std::map<Value, Location> locations_;  // by address
  std::vector<Value> initial_;           // by location
  std::vector<std::string> names_;       // by location
  std::vector<Registers> initial_registers_;
  std::vector<std::string> observed_;
  std::vector<State> states_;
  bool judges_modification_ = false;
};

}  // namespace heddle::model
