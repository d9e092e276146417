#include "stress/forked_call.h"

#include <poll.h>
#include <signal.h>
#include <stdio_ext.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runtime/native/waited.h"
#include "stress/end_signals.h"
#include "stress/memory_limit.h"
#include "stress/pipe.h"

namespace heddle::stress {
namespace {

constexpr int kBetweenLooks = 100;  // ms

[[noreturn]] void RunInChild(const std::function<std::string()>& f, pid_t parent, int to) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it has died already
  setpgid(0, 0);                      // a terminal's SIGINT is the parent's to answer
  __fpurge(stdout);                   // what waits there is the parent's, too
  LimitMemory();
  WriteAll(to, f());
  _exit(0);
}

// Until the other end is closed, or `call` says why not.
void Listen(int from, std::chrono::seconds limit, ForkedCall& call) {
  native::Waited waited;
  for (;;) {
    call.interrupted = EndSignals::Came();
    if (call.interrupted) return;
    if (waited.LongerThan(limit)) {
      call.failure = "took longer than " + std::to_string(limit.count()) + " s";
      return;
    }
    pollfd waiting{from, POLLIN, 0};
    if (poll(&waiting, 1, kBetweenLooks) <= 0) continue;
    char buffer[4096];
    const ssize_t count = read(from, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    call.text.append(buffer, static_cast<std::size_t>(count));
  }
}

std::string HowItEnded(int status) {
  if (WIFSIGNALED(status)) return std::string("crashed: ") + strsignal(WTERMSIG(status));
  if (WEXITSTATUS(status) == 0) return {};
  return "ended its process with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

ForkedCall CallForked(const std::function<std::string()>& f, std::chrono::seconds limit) {
  const EndSignals end_signals;
  Pipe answer;
  ForkedCall call;
  const pid_t self = getpid(), child = fork();
  if (child == 0) RunInChild(f, self, answer.write_end());
  if (child < 0) {
    call.failure = std::string("no process: ") + std::strerror(errno);
    return call;
  }
  answer.CloseWrite();
  Listen(answer.read_end(), limit, call);
  kill(child, SIGKILL);  // no matter to one that ends: its status is settled when its pipe closes
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (call.failure.empty() && !call.interrupted) call.failure = HowItEnded(status);
  return call;
}

}  // namespace heddle::stress
