// What a machine does when the code that it runs crashes.
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "runtime/model/machine.h"

namespace heddle {

using model::Step;

std::unique_ptr<Fiber> Machine::NewFiber(int t) {
  return std::make_unique<Fiber>([this, t](Fiber& f) { ThreadMain(t, f); });
}

// Nobody looks at a thread that is given up.  A crash there says nothing about the code under test,
// whose destructors then read zeros.
void Machine::ThreadCrashed(int t) {
  Thread& thread = threads_[static_cast<std::size_t>(t)];
  thread.fiber = NewFiber(t);
  thread.idle = true;
  damaged_ = true;
  const Crash& crash = guard_.crash();
  if (abandoning_) {
    stuck_ = crash.kind == Crash::Kind::kEndlessLoop;
    return;
  }
  const std::string message =
      Describe(crash) + " in thread " + std::to_string(t) + ", " + AfterWhat(thread);
  thread.step = Step::Finished();
  thread.step.kind = Step::Kind::kError;
  thread.step.error = crash.error();
  thread.step.message = message;
  thread.has_step = true;
}

// Which code has crashed is not known, only after which operation it came.
std::string Machine::AfterWhat(const Thread& thread) const {
  if (thread.operations == 0) return "before its first operation";
  const model::Label& last =
      thread.script != nullptr ? (thread.script - 1)->label : thread.step.label;
  return "after its operation at " + std::string(last.file) + ":" + std::to_string(last.line);
}

template <typename F>
void Machine::CallGuarded(const char* phase, F&& f) {
  if (guard_.Call(f)) return;
  damaged_ = true;
  outside_must_return_ = 0;  // nobody has left its scopes
  Fail(guard_.crash().error(), Describe(guard_.crash()) + phase, {});
}

void Machine::MakeInstance() {
  CallGuarded("", [this] { instance_ = code_.make(); });
}

void Machine::FinishInstance() {
  try {
    CallGuarded(" in Finish", [this] {
      instance_->Finish();
      if (judge_) outcome_ = instance_->Observed();
    });
  } catch (const std::exception& e) {
    Fail(model::ErrorKind::kCheckFailed, std::string("an exception left Finish: ") + e.what(), {});
  }
}

// A crash here, unless an earlier one explains it, comes after the verdict on the execution, and
// maybe in ~Machine, which cannot throw: it ends the process, as misuse does.
void Machine::DestroyInstance() {
  const bool damaged = std::exchange(damaged_, false);
  ModelInstance* const instance = instance_.release();
  const bool ended = guard_.Call([instance] {
    const ModelMustReturn must_return;
    delete instance;
  });
  if ((ended && !failure_outside_) || damaged) return;
  std::fflush(nullptr);
  std::fprintf(
      stderr, "heddle: %s fails in its destructor: %s\n", code_.name.c_str(),
      failure_outside_ ? failure_outside_->message.c_str() : Describe(guard_.crash()).c_str());
  std::_Exit(2);
}

void Machine::ThrowStuck() {
  stuck_ = false;
  throw std::invalid_argument(
      code_.name +
      ": a thread whose execution is over does not end: a destructor loops until it reads what it "
      "wants, but reads give zero then; wait by await or spin_until");
}

}  // namespace heddle
