#include "runtime/check/process_crew.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "runtime/check/memory_use.h"
#include "runtime/check/wire.h"
#include "runtime/check/worker_process.h"

namespace heddle {
namespace {

[[noreturn]] void ThrowErrno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

class ProcessCrew final : public Crew {
 public:
  ProcessCrew(const SearchSpec& spec, int workers) : spec_(spec) {
    slots_size_ = sizeof(WorkerSlot) * static_cast<std::size_t>(workers);
    void* const shared =
        mmap(nullptr, slots_size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) ThrowErrno("cannot map memory for workers");
    slots_ = static_cast<WorkerSlot*>(shared);
    std::fflush(nullptr);  // else each worker would have the buffered output, too
    try {
      for (int w = 0; w < workers; ++w) Start(w);
    } catch (...) {
      Stop();
      throw;
    }
  }
  ~ProcessCrew() override { Stop(); }
  ProcessCrew(const ProcessCrew&) = delete;
  ProcessCrew& operator=(const ProcessCrew&) = delete;

  int size() const override { return static_cast<int>(workers_.size()); }

  void Give(int worker, SearchJob job) override {
    Worker& w = At(worker);
    WorkerSlot& slot = SlotOf(worker);
    slot.interrupt.store(false, std::memory_order_relaxed);  // it waits, and reads none of these
    slot.executions.store(0, std::memory_order_relaxed);
    slot.blocked.store(0, std::memory_order_relaxed);
    Packer packer;
    packer(job);
    w.job = std::move(job);
    w.busy = true;
    if (!SendMessage(w.socket, packer.bytes())) ReportDeath(worker);
  }

  void Interrupt(int worker) override {
    SlotOf(worker).interrupt.store(true, std::memory_order_relaxed);
  }

  std::optional<Answer> Wait(Time deadline) override {
    for (;;) {
      std::vector<pollfd> fds;
      std::vector<int> who;
      // Not always the same worker first, or others may wait for long.
      for (int i = 0; i < size(); ++i) {
        const int w = (next_ + i) % size();
        if (!At(w).busy) continue;
        fds.push_back({At(w).socket, POLLIN, 0});
        who.push_back(w);
      }
      const int ready = poll(fds.data(), fds.size(), Milliseconds(deadline));
      if (ready < 0 && errno != EINTR) ThrowErrno("cannot wait for workers");
      if (ready == 0 && std::chrono::steady_clock::now() >= deadline) return {};
      for (std::size_t i = 0; ready > 0 && i < fds.size(); ++i)
        if (fds[i].revents != 0) return Receive(who[i]);
    }
  }

  Tally Unreported() const override {
    Tally sum;
    for (std::size_t w = 0; w < workers_.size(); ++w) {
      if (!workers_[w].busy) continue;
      sum.executions += slots_[w].executions.load(std::memory_order_relaxed);
      sum.blocked += slots_[w].blocked.load(std::memory_order_relaxed);
    }
    return sum;
  }

  std::uint64_t MemoryUse() const override {
    std::uint64_t bytes = ResidentMemory();
    for (const Worker& w : workers_) bytes += ResidentMemory(w.pid);
    return bytes;
  }

 private:
  struct Worker {
    pid_t pid = -1;
    int socket = -1;
    bool busy = false;
    SearchJob job;
  };

  Worker& At(int worker) { return workers_[static_cast<std::size_t>(worker)]; }
  WorkerSlot& SlotOf(int worker) { return slots_[worker]; }

  void Start(int worker) {
    WorkerSlot* const slot = new (&slots_[worker]) WorkerSlot;
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
      ThrowErrno("cannot connect to a worker");
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);  // however the coordinator ends
      if (getppid() != parent) _exit(0);
      close(sockets[0]);
      for (const Worker& other : workers_) close(other.socket);
      try {
        ServeJobs(sockets[1], spec_, *slot);
      } catch (...) {
        _exit(1);
      }
      _exit(0);  // nothing of the coordinator's is this process's to end
    }
    close(sockets[1]);
    if (pid < 0) {
      close(sockets[0]);
      ThrowErrno("cannot start a worker");
    }
    workers_.push_back({pid, sockets[0], false, {}});
  }

  Answer Receive(int worker) {
    std::string bytes;
    if (!ReceiveMessage(At(worker).socket, bytes)) ReportDeath(worker);
    WorkerMessage message;
    Unpacker unpacker(bytes);
    unpacker(message);
    if (message.kind == WorkerMessage::Kind::kMisuse) throw std::invalid_argument(message.error);
    if (message.kind == WorkerMessage::Kind::kBug) throw std::runtime_error(message.error);
    At(worker).busy = false;
    next_ = worker + 1;
    return {worker, std::move(message.report)};
  }

  [[noreturn]] void ReportDeath(int worker) {
    Worker& w = At(worker);
    int status = 0;
    waitpid(w.pid, &status, 0);
    w.pid = -1;
    std::string how = "exited with status " + std::to_string(WEXITSTATUS(status));
    if (WIFSIGNALED(status))
      how = "died of signal " + std::to_string(WTERMSIG(status)) + " (" +
            strsignal(WTERMSIG(status)) + ")";
    throw WorkerDied("a worker " + how + " while it explored " + spec_.name + " from task " +
                     Show(w.job.task) +
                     " on; run this check with --workers 1 under a debugger to see where");
  }

  void Stop() {
    for (Worker& w : workers_) {
      close(w.socket);
      if (w.pid < 0) continue;
      kill(w.pid, SIGKILL);
      while (waitpid(w.pid, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
    munmap(slots_, slots_size_);
  }

  static int Milliseconds(Time deadline) {
    if (deadline == Time::max()) return -1;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
  }

  const SearchSpec& spec_;
  WorkerSlot* slots_ = nullptr;
  std::size_t slots_size_ = 0;
  std::vector<Worker> workers_;
  int next_ = 0;
};

}  // namespace

std::unique_ptr<Crew> MakeProcessCrew(const SearchSpec& spec, int workers) {
  return std::make_unique<ProcessCrew>(spec, workers);
}

}  // namespace heddle
