#include "runtime/events/text.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "isa/arm64.h"
#include "isa/x86_64.h"
#include "runtime/events/disassembly.h"
#include "runtime/events/ipis.h"
#include "runtime/events/label.h"

namespace heddle::events {

using model::ErrorKind;
using model::Kind;
using model::Label;

/// A CPU's, while it executes text.
class Registers final : public TrapFrame {
 public:
  Registers(std::uintptr_t pc, std::uintptr_t return_address)
      : pc_(pc), stack_{return_address}, registers_{} {
    registers_[kLink] = return_address;
  }
  std::uintptr_t pc() const override { return pc_; }
  void set_pc(std::uintptr_t pc) override { pc_ = pc; }
  std::uint64_t reg(int n) const override { return registers_.at(static_cast<std::size_t>(n)); }
  void set_reg(int n, std::uint64_t value) override {
    registers_.at(static_cast<std::size_t>(n)) = value;
  }
  std::uint32_t flags() const override { return flags_; }
  void set_flags(std::uint32_t flags) override { flags_ = flags; }
  void push(std::uintptr_t return_address) override { stack_.push_back(return_address); }
  std::uintptr_t pop() override {
    if (stack_.empty()) return 0;
    const std::uintptr_t top = stack_.back();
    stack_.pop_back();
    return top;
  }

  int traps = 0;  ///< taken so far

 private:
  static constexpr std::size_t kLink = 30;

  std::uintptr_t pc_;
  std::vector<std::uintptr_t> stack_;
  std::array<std::uint64_t, 31> registers_;
  std::uint32_t flags_ = 0;
};

namespace {

constexpr std::uintptr_t kReturnToCaller = ~std::uintptr_t{3};  // ends Call; no null pointer
constexpr int kMaxInstructionsPerCall = 200;
constexpr int kMaxTrapsPerCall = 12;
constexpr int kMaxNestedTraps = 4;

std::size_t At(int i) { return static_cast<std::size_t>(i); }

std::string Hex(std::span<const std::uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string s;
  for (const std::uint8_t b : bytes) {
    if (!s.empty()) s += ' ';
    s += {kDigits[b >> 4], kDigits[b & 15]};
  }
  return s;
}

std::string Hex(std::uint32_t word) {
  const auto byte = [word](int shift) { return static_cast<std::uint8_t>(word >> shift); };
  std::string s = Hex(std::array{byte(24), byte(16), byte(8), byte(0)});
  std::erase(s, ' ');
  return s;
}

// An arm64 instruction.
std::string Show(std::uint32_t word, std::size_t offset) {
  const auto byte = [word](int shift) { return static_cast<std::uint8_t>(word >> shift); };
  const std::array bytes = {byte(0), byte(8), byte(16), byte(24)};
  return WithDisassembly(Hex(word), Isa::kArm64, bytes, offset);
}

bool IsBreakpoint(const CodeRegion& region, std::size_t offset) {
  const model::Value unit = region.initial(offset) >> 8 * (offset % region.unit());
  return region.isa() == Isa::kX86_64
             ? static_cast<std::uint8_t>(unit) == kInt3
             : Arm64Instruction::Decode(static_cast<std::uint32_t>(unit)).op ==
                   Arm64Instruction::Op::kTrap;
}

std::string InText(std::size_t offset) { return "text[" + std::to_string(offset) + "]"; }

}  // namespace

Text::Text(Processors& processors, Ipis& ipis)
    : processors_(processors), ipis_(ipis), traps_(At(processors.count()), 0) {}

void Text::Reset() {
  traps_.assign(At(processors_.count()), 0);
  names_.clear();
  isa_.reset();
  quadwords_ = false;
  handler_ = nullptr;
}

void Text::Use(Isa isa, FetchRule rule) {
  quadwords_ |= rule == FetchRule::kAlignedQuadword;
  if (isa_ && *isa_ != isa)
    processors_.Fail(ErrorKind::kMisuse, "one program with text of two instruction sets", {});
  isa_ = isa;
  ipis_.SetBarrier(DataBarrier());
}

bool Text::InTrap() const {
  return processors_.in_thread() && traps_[At(processors_.running())] > 0;
}

void Text::NameUnit(model::Location l, std::size_t offset) { names_.push_back({l, offset}); }

std::string Text::NameOf(model::Location l) const {
  for (const Named& n : names_)
    if (n.location == l) return InText(n.offset);
  return {};
}

std::string Text::InstructionText(model::Location first,
                                  const std::vector<model::Value>& units) const {
  const auto named = std::find_if(names_.begin(), names_.end(),
                                  [&](const Named& n) { return n.location == first; });
  if (named == names_.end() || !isa_ || quadwords_) return {};
  std::vector<std::uint8_t> bytes;
  for (const model::Value unit : units)
    for (std::size_t i = 0; i < FetchUnit(*isa_); ++i)
      bytes.push_back(static_cast<std::uint8_t>(unit >> 8 * i));
  return Disassemble(*isa_, bytes, named->offset);
}

bool Text::IsSafeToModify(model::Value fetched, model::Value written) const {
  if (isa_ != Isa::kArm64) return true;  // its fetch units are bytes
  const auto safe = [](model::Value word) {
    return Arm64Instruction::Decode(static_cast<std::uint32_t>(word)).IsSafeToModify();
  };
  return safe(fetched) && safe(written);
}

bool Text::Refuse(ErrorKind kind, std::string message, SourceLocation at) {
  processors_.Fail(kind, std::move(message), at);
  return false;
}

std::optional<model::Value> Text::Fetch(CodeRegion& region, std::uintptr_t address, int& fetched,
                                        SourceLocation at) {
  const std::size_t offset = address - region.address(0);
  if (!region.contains(address)) {
    Refuse(ErrorKind::kIllegalInstruction,
           "execution left the code region at offset " +
               std::to_string(static_cast<std::intptr_t>(offset)),
           at);
    return std::nullopt;
  }
  if (region.location(offset) < 0) return region.initial(offset);
  Label fetch = MakeLabel(Kind::kFetch, model::Order::kRelaxed, at);
  fetch.location = region.location(offset);
  fetch.value = static_cast<model::Value>(fetched++);
  return processors_.Perform(fetch);
}

std::uint32_t Text::Call(CodeRegion& region, std::size_t offset, SourceLocation at) {
  if (!processors_.in_thread()) {
    Refuse(ErrorKind::kCheckFailed, "call() belongs into a thread", at);
    return 0;
  }
  Registers cpu(region.address(offset), kReturnToCaller);
  for (int n = 0; n < kMaxInstructionsPerCall; ++n) {
    if (cpu.pc() == kReturnToCaller) return static_cast<std::uint32_t>(cpu.reg(0));
    // Between instructions: before what can change, and before a trap, which may mask them.
    if (region.contains(cpu.pc())) {
      const std::size_t here = cpu.pc() - region.address(0);
      if (region.location(here) >= 0 || IsBreakpoint(region, here)) ipis_.Poll(at);
    }
    processors_.BetweenInstructions(at);
    const bool done =
        region.isa() == Isa::kX86_64 ? StepX86(region, cpu, at) : StepArm64(region, cpu, at);
    if (!done) return 0;
  }
  Refuse(ErrorKind::kTooLarge, "a call that executes more than 200 instructions", at);
  return 0;
}

bool Text::StepX86(CodeRegion& region, Registers& cpu, SourceLocation at) {
  const std::uintptr_t pc = cpu.pc();
  const std::size_t here = pc - region.address(0);
  X86Instruction::Bytes bytes{};
  std::size_t length = 0;
  model::Value unit = 0;
  int fetched = 0;
  for (std::size_t needed = 1; length < needed;) {
    const std::size_t within = (here + length) % region.unit();
    if (length == 0 || within == 0) {
      const auto next = Fetch(region, pc + length, fetched, at);
      if (!next) return false;
      unit = *next;
    }
    bytes[length++] = static_cast<std::uint8_t>(unit >> 8 * within);
    needed = X86BytesNeeded(std::span(bytes).first(length));
  }
  const auto code = std::span(bytes).first(length);
  const X86Instruction insn = X86Instruction::Decode(code);
  const bool trap = insn.op == X86Instruction::Op::kTrap;
  const auto shown = [&] { return WithDisassembly(Hex(code), Isa::kX86_64, code, here); };
  if (!trap && region.location(here) >= 0 && !region.IsDeclared(here, code))
    return Refuse(ErrorKind::kTornInstruction,
                  "torn instruction: decoded " + shown() + " at " + InText(here) +
                      ", which nobody ever meant to be there",
                  at);
  if (insn.op == X86Instruction::Op::kUnknown)
    return Refuse(ErrorKind::kIllegalInstruction,
                  "cannot execute " + shown() + " at " + InText(here), at);
  if (trap) {
    cpu.set_pc(pc + TrapSkip(Isa::kX86_64));
    return Trap("INT3", here, cpu, at);
  }
  insn.Execute(cpu, pc);
  return true;
}

bool Text::StepArm64(CodeRegion& region, Registers& cpu, SourceLocation at) {
  using Op = Arm64Instruction::Op;
  const std::uintptr_t pc = cpu.pc();
  const std::size_t here = pc - region.address(0);
  if (region.contains(pc) && pc % Arm64Instruction::kLength != 0)
    return Refuse(ErrorKind::kIllegalInstruction,
                  "execution at " + InText(here) + ", which is not aligned to 4 bytes", at);
  int units = 0;
  const auto fetched = Fetch(region, pc, units, at);
  if (!fetched) return false;
  const auto word = static_cast<std::uint32_t>(*fetched);
  const Arm64Instruction insn = Arm64Instruction::Decode(word);
  switch (insn.op) {
    case Op::kTrap:
      return Trap("BRK", here, cpu, at);
    case Op::kIsb:
      processors_.Serialize(at);
      break;
    case Op::kLoadLiteral: {
      const std::size_t from = here + At(insn.operand);
      std::uint64_t value = 0;
      for (std::size_t i = 0; i <= insn.wide; ++i)
        value |= std::uint64_t{region.Read(from + 4 * i, at)} << 32 * i;
      if (insn.d != 31) cpu.set_reg(insn.d, value);
      break;
    }
    case Op::kUnknown:
    case Op::kHypervisorCall:
    case Op::kSupervisorCall:
    case Op::kSecureMonitorCall:
      return Refuse(ErrorKind::kIllegalInstruction,
                    "cannot execute " + Show(word, here) + " at " + InText(here), at);
    default:
      break;
  }
  insn.Execute(cpu, pc);
  return true;
}

bool Text::Trap(const std::string& name, std::size_t offset, Registers& cpu, SourceLocation at) {
  const auto running = At(processors_.running());
  const bool masked = processors_.delivery() == TrapDelivery::kKernel;
  if (++cpu.traps > kMaxTrapsPerCall || traps_[running] >= kMaxNestedTraps)
    return Refuse(ErrorKind::kTooLarge, "a trap that is taken again and again", at);
  processors_.Serialize(at);  // exception entry
  ++traps_[running];
  if (masked) ipis_.Mask();
  if (masked) processors_.TrapMasks();
  const bool claimed = handler_ != nullptr && handler_(handler_context_, cpu);
  if (!claimed)
    return Refuse(ErrorKind::kUnhandledTrap,
                  "unhandled trap: " + name + " at " + InText(offset) + " was claimed by nobody",
                  at);
  if (masked) ipis_.Unmask();
  if (masked) processors_.TrapUnmasks(at);
  --traps_[running];
  processors_.Serialize(at);  // return
  return true;
}

}  // namespace heddle::events
