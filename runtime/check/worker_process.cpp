#include "runtime/check/worker_process.h"

#include <sys/socket.h>

#include <cerrno>
#include <exception>
#include <stdexcept>

#include "runtime/check/wire.h"

namespace heddle {
namespace {

WorkerMessage Answer(Searched& searched, const SearchSpec& spec, const SearchJob& job,
                     WorkerSlot& slot) {
  WorkerMessage answer;
  try {
    answer.report = RunJob(searched, spec, job, [&slot](const model::ExploreResult& r) {
      slot.executions.store(r.executions, std::memory_order_relaxed);
      slot.blocked.store(r.blocked, std::memory_order_relaxed);
      return slot.interrupt.load(std::memory_order_relaxed);
    });
  } catch (const std::invalid_argument& e) {
    answer.kind = WorkerMessage::Kind::kMisuse;
    answer.error = e.what();
  } catch (const std::exception& e) {
    answer.kind = WorkerMessage::Kind::kBug;
    answer.error = e.what();
  }
  return answer;
}

}  // namespace

void ServeJobs(int socket, const SearchSpec& spec, WorkerSlot& slot) {
  const auto searched = spec.make();
  for (std::string bytes; ReceiveMessage(socket, bytes);) {
    SearchJob job;
    Unpacker unpacker(bytes);
    unpacker(job);
    WorkerMessage answer = Answer(*searched, spec, job, slot);
    Packer packer;
    packer(answer);
    if (!SendMessage(socket, packer.bytes())) return;
  }
}

bool SendMessage(int socket, const std::string& bytes) {
  const std::size_t size = bytes.size();
  std::string framed(reinterpret_cast<const char*>(&size), sizeof size);
  framed += bytes;
  for (std::size_t sent = 0; sent < framed.size();) {
    // Without the flag, a peer that is gone would be a signal that ends this process.
    const ssize_t n = send(socket, framed.data() + sent, framed.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    sent += static_cast<std::size_t>(n);
  }
  return true;
}

bool ReceiveMessage(int socket, std::string& bytes) {
  const auto receive = [socket](char* to, std::size_t size) {
    for (std::size_t got = 0; got < size;) {
      const ssize_t n = recv(socket, to + got, size - got, 0);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      got += static_cast<std::size_t>(n);
    }
    return true;
  };
  std::size_t size = 0;
  if (!receive(reinterpret_cast<char*>(&size), sizeof size)) return false;
  bytes.resize(size);
  return receive(bytes.data(), size);
}

}  // namespace heddle
