#include "runtime/model/text.h"

#include <algorithm>
#include <array>
#include <utility>

#include "runtime/model/machine.h"
#include "runtime/model/x86_interpreter.h"

namespace heddle {
namespace {

using model::ErrorKind;
using model::Kind;
using model::Label;
using model::Order;

constexpr std::uintptr_t kReturnToCaller = 0;  // the return address that ends Call
constexpr int kMaxInstructionsPerCall = 200;
constexpr int kMaxTrapsPerCall = 12;
constexpr int kMaxNestedTraps = 4;
constexpr std::uint16_t kEnded = 0xFFFF;  // acknowledges every generation

std::size_t At(int i) { return static_cast<std::size_t>(i); }

Label MakeLabel(Kind kind, Order order, model::Location l, model::Value value, SourceLocation at) {
  Label label{.kind = kind, .order = order, .location = l, .value = value};
  label.file = at.file;
  label.line = at.line;
  return label;
}

std::string Hex(std::span<const std::uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string s;
  for (const std::uint8_t b : bytes) {
    if (!s.empty()) s += ' ';
    s += {kDigits[b >> 4], kDigits[b & 15]};
  }
  return s;
}

class Frame final : public TrapFrame {
 public:
  Frame(std::uintptr_t& pc, std::vector<std::uintptr_t>& stack) : pc_(pc), stack_(stack) {}
  std::uintptr_t pc() const override { return pc_; }
  void set_pc(std::uintptr_t pc) override { pc_ = pc; }
  void push(std::uintptr_t return_address) override { stack_.push_back(return_address); }

 private:
  std::uintptr_t& pc_;
  std::vector<std::uintptr_t>& stack_;
};

}  // namespace

ModelCodeRegion::ModelCodeRegion(std::span<const std::uint8_t> bytes,
                                 std::initializer_list<int> executors)
    : bytes_(bytes.begin(), bytes.end()), locations_(bytes.size(), -1) {
  Machine::Current().text().AddRegion(executors);
}

void ModelCodeRegion::Declare(std::size_t offset, std::span<const std::uint8_t> bytes) {
  Machine& m = Machine::Current();
  if (offset + bytes.size() > bytes_.size())
    m.Fail(ErrorKind::kCheckFailed, "declare_instruction: beyond the end of the region", {});
  if (!m.in_thread()) {
    for (std::size_t i = offset; i < offset + bytes.size(); ++i) {
      if (locations_[i] >= 0) continue;
      locations_[i] = m.NewCell("text", bytes_[i], {});
      m.text().NameCell(locations_[i], i);
    }
  }
  if (!IsDeclared(offset, bytes)) declared_.push_back({offset, {bytes.begin(), bytes.end()}});
}

bool ModelCodeRegion::IsDeclared(std::size_t offset, std::span<const std::uint8_t> bytes) const {
  return std::any_of(declared_.begin(), declared_.end(), [&](const Declared& d) {
    return d.offset == offset &&
           std::equal(d.bytes.begin(), d.bytes.end(), bytes.begin(), bytes.end());
  });
}

void ModelCodeRegion::Write(std::size_t offset, std::span<const std::uint8_t> bytes,
                            SourceLocation at) {
  Machine& m = Machine::Current();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (offset + i >= bytes_.size() || locations_[offset + i] < 0)
      m.Fail(ErrorKind::kCheckFailed,
             "write_code at offset " + std::to_string(offset + i) +
                 ": no instruction was declared there during set-up",
             at);
    m.Perform(MakeLabel(Kind::kWrite, Order::kRelaxed, locations_[offset + i], bytes[i], at));
  }
}

std::uint8_t ModelCodeRegion::Read(std::size_t offset, SourceLocation at) {
  if (offset >= bytes_.size())
    Machine::Current().Fail(ErrorKind::kCheckFailed, "read_code beyond the end of the region", at);
  if (locations_[offset] < 0) return bytes_[offset];
  return static_cast<std::uint8_t>(Machine::Current().Perform(
      MakeLabel(Kind::kRead, Order::kRelaxed, locations_[offset], 0, at)));
}

void Text::Reset() {
  cpus_.assign(At(machine_.threads()), Cpu{});
  names_.clear();
  generation_ = -1;
  handler_ = nullptr;
}

void Text::AddRegion(std::initializer_list<int> executors) {
  if (generation_ < 0) generation_ = machine_.NewCell("sync generation", 0, {});
  for (const int c : executors) {
    Cpu& cpu = cpus_.at(At(c));
    if (cpu.executor) continue;
    cpu.executor = true;
    cpu.ack = machine_.NewCell("sync acknowledged", 0, {});
  }
}

void Text::NameCell(model::Location l, std::size_t offset) { names_.push_back({l, offset}); }

std::string Text::NameOf(model::Location l) const {
  for (const Named& n : names_)
    if (n.location == l) return "text[" + std::to_string(n.offset) + "]";
  return {};
}

Text::Cpu& Text::cpu() { return cpus_[At(machine_.current_cpu())]; }

void Text::Serialize(SourceLocation at) {
  machine_.Perform(MakeLabel(Kind::kSerialize, Order::kRelaxed, 0, 0, at));
}

bool Text::InterruptsEnabled() {
  const Cpu& c = cpu();
  return c.executor && !c.in_interrupt &&
         (c.traps == 0 || machine_.delivery() == TrapDelivery::kUser);
}

void Text::Acknowledge(std::uint16_t generation, SourceLocation at) {
  Cpu& c = cpu();
  c.acknowledged = generation;
  Serialize(at);
  machine_.Perform(MakeLabel(Kind::kWrite, Order::kRelease, c.ack, generation, at));
}

bool Text::TakeOne(SourceLocation at) {
  Cpu& c = cpu();
  c.in_interrupt = true;
  const auto generation = static_cast<std::uint16_t>(
      machine_.Perform(MakeLabel(Kind::kRead, Order::kAcquire, generation_, 0, at)));
  const bool taken = generation != c.acknowledged;
  if (taken) Acknowledge(generation, at);
  c.in_interrupt = false;
  return taken;
}

// Interrupts of sync_core_all may be taken here, or later; several, if the CPU has been idle.
void Text::Poll(SourceLocation at) {
  if (!InterruptsEnabled() || !cpu().poll_due) return;
  while (TakeOne(at)) {
  }
  cpu().poll_due = false;
}

// Between two polls something must have happened that could make a difference: a fence or a
// race-free access alone allows nothing after it that the poll before it did not.
void Text::BeforeOperation(const model::Label& label) {
  if (label.kind == Kind::kFetch || label.kind == Kind::kSerialize) {
    cpu().poll_due = true;  // interrupts come between instructions: Call polls
    return;
  }
  if (!InterruptsEnabled()) return;
  Poll({});
  cpu().poll_due =
      label.kind != Kind::kFence && !(label.kind == Kind::kRead && label.order == Order::kPlain);
}

bool Text::InterruptWhileWaiting(SourceLocation at) { return InterruptsEnabled() && TakeOne(at); }

void Text::ThreadEnds() {
  if (!cpu().executor) return;
  machine_.Perform(MakeLabel(Kind::kWrite, Order::kRelease, cpu().ack, kEnded, {}));
}

// Full barriers before and after, as membarrier documents.
void Text::SyncAll(SourceLocation at) {
  if (!machine_.in_thread())
    machine_.Fail(ErrorKind::kCheckFailed, "sync_core_all() belongs into a thread", at);
  if (generation_ < 0) return;  // there is no text, so nobody executes any
  const Label barrier = MakeLabel(Kind::kFence, Order::kSeqCst, 0, 0, at);
  machine_.Perform(barrier);
  const Label read = MakeLabel(Kind::kRead, Order::kAcqRel, generation_, 0, at);
  const auto mine =
      static_cast<std::uint16_t>(machine_.ReadModifyWrite(read, [](auto v) { return v + 1; }) + 1);
  if (cpu().executor) {
    cpu().in_interrupt = true;
    Acknowledge(mine, at);
    cpu().in_interrupt = false;
  }
  for (std::size_t c = 0; c < cpus_.size(); ++c) {
    if (!cpus_[c].executor || At(machine_.current_cpu()) == c) continue;
    machine_.SpinUntil(
        [&] {
          return machine_.Perform(MakeLabel(Kind::kRead, Order::kAcquire, cpus_[c].ack, 0, at)) >=
                 mine;
        },
        "every CPU's acknowledgement of sync_core_all", at);
  }
  machine_.Perform(barrier);
}

std::uint8_t Text::Fetch(ModelCodeRegion& region, std::uintptr_t address, int already_fetched,
                         SourceLocation at) {
  if (!region.contains(address))
    machine_.Fail(ErrorKind::kIllegalInstruction,
                  "execution left the code region at offset " +
                      std::to_string(static_cast<std::intptr_t>(address - region.address(0))),
                  at);
  const std::size_t offset = address - region.address(0);
  if (region.location(offset) < 0) return region.initial(offset);
  return static_cast<std::uint8_t>(
      machine_.Perform(MakeLabel(Kind::kFetch, Order::kRelaxed, region.location(offset),
                                 static_cast<model::Value>(already_fetched), at)));
}

std::uint32_t Text::Call(ModelCodeRegion& region, std::size_t offset, SourceLocation at) {
  using Op = X86Instruction::Op;
  if (!machine_.in_thread())
    machine_.Fail(ErrorKind::kCheckFailed, "call() belongs into a thread", at);
  std::uint32_t eax = 0;
  std::vector<std::uintptr_t> stack = {kReturnToCaller};
  std::uintptr_t pc = region.address(offset);
  int traps = 0;
  for (int n = 0; n < kMaxInstructionsPerCall; ++n) {
    const bool patchable = region.contains(pc) && region.location(pc - region.address(0)) >= 0;
    if (patchable) Poll(at);
    std::array<std::uint8_t, kMaxInstructionBytes> bytes{};
    bytes[0] = Fetch(region, pc, 0, at);
    const int length = LengthFromFirstByte(bytes[0]);
    for (int i = 1; i < length; ++i) bytes[At(i)] = Fetch(region, pc + At(i), i, at);
    const std::span<const std::uint8_t> code(bytes.data(), At(std::max(length, 1)));
    const std::size_t here = pc - region.address(0);
    if (patchable && bytes[0] != kInt3 && !region.IsDeclared(here, code))
      machine_.Fail(ErrorKind::kTornInstruction,
                    "torn instruction: decoded " + Hex(code) + " at text[" + std::to_string(here) +
                        "], which nobody ever meant to be there",
                    at);
    const X86Instruction insn = length == 0 ? X86Instruction{} : DecodeX86(code);
    std::uintptr_t next = pc + At(insn.length);
    switch (insn.op) {
      case Op::kNop:
        break;
      case Op::kMoveEax:
        eax = static_cast<std::uint32_t>(insn.operand);
        break;
      case Op::kJump:
        next += static_cast<std::uintptr_t>(std::intptr_t{insn.operand});
        break;
      case Op::kCall:
        stack.push_back(next);
        next += static_cast<std::uintptr_t>(std::intptr_t{insn.operand});
        break;
      case Op::kReturn:
        next = stack.back();
        stack.pop_back();
        if (next == kReturnToCaller) return eax;
        break;
      case Op::kTrap: {
        Cpu& c = cpu();
        if (++traps > kMaxTrapsPerCall || c.traps >= kMaxNestedTraps)
          machine_.Fail(ErrorKind::kTooLarge, "a trap that is taken again and again", at);
        Serialize(at);  // exception entry
        ++c.traps;
        Frame frame(next, stack);
        const bool claimed = handler_ != nullptr && handler_(handler_context_, frame);
        if (!claimed)
          machine_.Fail(
              ErrorKind::kUnhandledTrap,
              "unhandled trap: INT3 at text[" + std::to_string(here) + "] was claimed by nobody",
              at);
        --c.traps;
        Serialize(at);  // IRET
        break;
      }
      case Op::kUnknown:
        machine_.Fail(ErrorKind::kIllegalInstruction,
                      "cannot execute " + Hex(code) + " at text[" + std::to_string(here) + "]", at);
    }
    pc = next;
  }
  machine_.Fail(ErrorKind::kTooLarge, "a call that executes more than 200 instructions", at);
}

}  // namespace heddle
