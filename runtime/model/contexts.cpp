#include "runtime/model/contexts.h"

#include <algorithm>
#include <string>
#include <utility>

#include "runtime/events/handlers.h"
#include "runtime/model/machine.h"

namespace heddle {
namespace {

using model::Kind;
using model::Label;

std::size_t At(int i) { return static_cast<std::size_t>(i); }

bool IsPlainAccess(const Label& label) {
  return (label.is_read() || label.is_write()) && label.order == model::Order::kPlain;
}

}  // namespace

Contexts::Contexts(Machine& machine, int threads, bool every_point)
    : machine_(machine), every_point_(every_point), cpus_(At(threads)) {}

void Contexts::Reset() {
  for (std::size_t i = 0; i < cpus_.size(); ++i) ResetCpu(static_cast<int>(i));
}

void Contexts::ResetCpu(int cpu) {
  if (cpus_[At(cpu)].has_handlers) cpus_[At(cpu)] = Cpu{};
  cpus_[At(cpu)].masked = {};
}

Contexts::Cpu& Contexts::cpu() { return cpus_[At(machine_.current_cpu())]; }

bool Contexts::IsMasked(const Cpu& c, std::size_t kind) {
  for (std::size_t k = kind; k < kKinds; ++k)
    if (c.masked[k] > 0) return true;
  return false;
}

bool Contexts::CanFire(const Cpu& c, std::size_t kind) {
  return c.handlers[kind].left > 0 && !IsMasked(c, kind);
}

void Contexts::SetHandler(Interrupt kind, int bound, std::function<void()> handler,
                          SourceLocation at) {
  if (!machine_.in_thread()) {
    machine_.Fail(model::ErrorKind::kCheckFailed,
                  "set_interrupt_handler() belongs into the thread that is to be interrupted", at);
    return;
  }
  if (cpu().frames.size() > 1) {
    machine_.Fail(model::ErrorKind::kMisuse, "a handler registers a handler", at);
    return;
  }
  PointIfDue(at);  // the last of the old handlers
  Cpu& c = cpu();
  c.handlers[static_cast<std::size_t>(kind)] = {std::move(handler), bound};
  c.has_handlers = true;
  c.frames.back().point_due = true;
}

void Contexts::Mask(Interrupt kind, SourceLocation at) {
  if (!machine_.in_thread()) return;
  if (kind == Interrupt::kNmi) {
    machine_.Fail(model::ErrorKind::kMisuse, "an NMI cannot be masked", at);
    return;
  }
  PointIfDue(at);
  Cpu& c = cpu();
  ++c.masked[static_cast<std::size_t>(kind)];
  std::erase_if(c.frames.back().beside, [&](const Access& a) { return IsMasked(c, a.kind); });
}

void Contexts::Unmask(Interrupt kind, SourceLocation at) {
  if (!machine_.in_thread()) return;
  int& masked = cpu().masked[static_cast<std::size_t>(kind)];
  if (masked == 0) {
    machine_.Fail(model::ErrorKind::kMisuse, "what is unmasked here was not masked", at);
    return;
  }
  --masked;
  cpu().frames.back().point_due = true;
}

bool Contexts::InHandler(Interrupt kind) {
  if (!machine_.in_thread()) return false;
  const auto& frames = cpu().frames;
  return std::any_of(frames.begin() + 1, frames.end(),
                     [&](const Frame& f) { return f.kind == static_cast<std::size_t>(kind); });
}

bool Contexts::MayFire() {
  const Cpu& c = cpu();
  for (std::size_t kind = 0; kind < kKinds; ++kind)
    if (CanFire(c, kind)) return true;
  return false;
}

void Contexts::PointIfDue(SourceLocation at) {
  if (!cpu().has_handlers || !cpu().frames.back().point_due) return;
  cpu().frames.back().point_due = false;
  events::FiringPoint(
      kKinds, at, [&](std::size_t kind) { return CanFire(cpu(), kind); },
      [&](const Label& choice) { return machine_.Perform(choice); },
      [&](std::size_t kind) { Run(kind, at); });
}

void Contexts::Run(std::size_t kind, SourceLocation at) {
  Handler& handler = cpu().handlers[kind];
  --handler.left;
  ++cpu().fired;
  const int stores = machine_.stores();
  const auto masked = cpu().masked;
  {
    // However the handler ends, what it has interrupted is as it was.
    struct Nested {
      Nested(Cpu& cpu, std::size_t its_kind) : c(cpu), kind(its_kind) {
        ++c.masked[kind];
        // A handler that has just run at this point could as well run inside, at the beginning.
        std::vector<Access> beside = c.frames.back().beside;
        std::erase_if(beside, [&](const Access& a) { return IsMasked(c, a.kind); });
        c.frames.push_back(
            {.kind = kind, .point_due = false, .did = {}, .beside = std::move(beside)});
      }
      ~Nested() {
        std::vector<Access> did = std::move(c.frames.back().did);
        c.frames.pop_back();
        --c.masked[kind];
        Frame& outer = c.frames.back();
        outer.beside.insert(outer.beside.end(), did.begin(), did.end());
        if (c.frames.size() == 1) return;
        // The outer handler may run right beside what it interrupted, with this one inside.
        for (Access& access : did) {
          access.kind = outer.kind;
          outer.did.push_back(access);
        }
      }
      Cpu& c;
      std::size_t kind;
    };
    const Nested nested(cpu(), kind);
    handler.body();
  }
  if (cpu().masked != masked)
    machine_.Fail(model::ErrorKind::kMisuse, "a handler ends with other masks than it began with",
                  at);
  machine_.stores() = stores;
  machine_.Perform(events::HandlerEnd(kind, at));
}

void Contexts::FailIfRacing(const Label& label) {
  for (const Access& a : cpu().frames.back().beside) {
    if (a.location != label.location || !(IsPlainAccess(label) || a.plain)) continue;
    if (!a.write && !label.is_write() && !label.rmw) continue;
    machine_.Fail(model::ErrorKind::kDataRace,
                  "a handler that may run right before this accesses '" +
                      machine_.LocationName(label.location) + "', too (" + a.at.file + ":" +
                      std::to_string(a.at.line) +
                      "), and one of the two accesses is plain: make both atomic, or mask the "
                      "handler",
                  {label.file, label.line});
    return;
  }
}

void Contexts::BeforeOperation(const Label& label) {
  if (!cpu().has_handlers || label.kind == Kind::kChoice) return;
  const bool within = label.kind == Kind::kFetch || label.kind == Kind::kSerialize;
  if (!within) PointIfDue({label.file, label.line});
  if (label.await) FailIfWaitingInHandler({label.file, label.line});
  if (label.is_read() || label.is_write()) FailIfRacing(label);
  Frame& frame = cpu().frames.back();
  const bool plain = IsPlainAccess(label);
  frame.point_due = every_point_ || !plain;
  if (!plain) frame.beside.clear();
}

void Contexts::AfterOperation(const Label& label, bool writes) {
  if (cpu().frames.size() == 1 || !(label.is_read() || label.is_write())) return;
  Frame& frame = cpu().frames.back();
  frame.did.push_back(
      {label.location, IsPlainAccess(label), writes, frame.kind, {label.file, label.line}});
}

void Contexts::FailIfWaitingInHandler(SourceLocation at) {
  if (every_point_ || cpu().frames.size() == 1) return;
  machine_.Fail(model::ErrorKind::kMisuse,
                "a handler waits: say so by the scenario's kHandlersWait = true, so that no point "
                "for handlers is left out",
                at);
}

void Contexts::BetweenInstructions(SourceLocation at) { PointIfDue(at); }

void Contexts::ThreadEnds() {
  PointIfDue({});
  for (Handler& handler : cpu().handlers) handler.left = 0;
}

}  // namespace heddle
