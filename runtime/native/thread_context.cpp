// Entering and leaving the state that thread_context.h describes.
#include "runtime/native/thread_context.h"

#include <sched.h>
#include <signal.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

#include "runtime/native/interrupts.h"

namespace heddle::native {
namespace {

// A signal frame with AVX-512 state takes 3.5 kB; sanitizers want tens; traps nest a few deep.
constexpr std::size_t kSignalStackBytes = std::size_t{256} * 1024;

void Pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (cpu >= CPU_SETSIZE) throw std::out_of_range("CPU " + std::to_string(cpu) + " is beyond 1023");
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) {
    throw std::system_error(errno, std::generic_category(),
                            "cannot stay on CPU " + std::to_string(cpu));
  }
}

}  // namespace

ThreadContext::ThreadContext(int thread_number, int cpu, RunMode run_mode, std::uint64_t seed)
    : thread(thread_number),
      mode(run_mode),
      random(seed),
      signal_stack_(std::make_unique<std::byte[]>(kSignalStackBytes)) {
  if (t_context != nullptr) throw std::logic_error("a ThreadContext inside a ThreadContext");
  if (cpu >= 0) Pin(cpu);
  stack_t stack = {};
  stack.ss_sp = signal_stack_.get();
  stack.ss_size = kSignalStackBytes;
  if (sigaltstack(&stack, &previous_stack_) != 0) {
    throw std::system_error(errno, std::generic_category(), "sigaltstack");
  }
  t_context = this;
}

ThreadContext::~ThreadContext() {
  ClearInterruptHandlers();  // of a thread that was given up
  t_context = nullptr;
  sigaltstack(&previous_stack_, nullptr);  // some sanitizers install one of their own
}

}  // namespace heddle::native
