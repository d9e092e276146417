// One worker, as a child process: messages to and from it, and what it does with them.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "runtime/check/search_job.h"

namespace heddle {

/// Shared by a worker and its coordinator, one cache line each.
struct alignas(64) WorkerSlot {
  /// Raised by the coordinator.  Relaxed: it carries no data, answers travel by socket.
  std::atomic<bool> interrupt{false};
  /// Of the running job, for progress reports only.
  std::atomic<std::uint64_t> executions{0}, blocked{0};
};

/// A worker's answer: a report, or what it threw.
struct WorkerMessage {
  enum class Kind : std::uint8_t { kReport, kMisuse, kBug };
  Kind kind = Kind::kReport;
  JobReport report;
  std::string error;

  template <typename Wire>
  void Transfer(Wire& wire) {
    wire(kind, report, error);
  }
};

/// Answers jobs that come by `socket` until it is closed.  Called in the child.
void ServeJobs(int socket, const SearchSpec& spec, WorkerSlot& slot);

/// A length and so many bytes.  False: the other side is gone.
bool SendMessage(int socket, const std::string& bytes);
bool ReceiveMessage(int socket, std::string& bytes);

}  // namespace heddle
