#include "stress/child_stops.h"

#include <signal.h>

#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "runtime/native/disturber.h"

namespace heddle::stress {

using std::chrono::milliseconds;

bool IsStopped(pid_t child) {
  // PID (name) STATE …; a name may have any character.  waitid does not tell of a debugger's stops.
  std::ifstream file("/proc/" + std::to_string(child) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos || name_end + 2 >= text.size()) return false;
  const char state = text[name_end + 2];
  return state == 'T' || state == 't';
}

ChildStops::ChildStops(pid_t child, std::uint64_t seed, Clock::time_point until)
    : child_(child), random_(seed), until_(until) {
  Plan(10);  // the first one soon, for short runs
}

void ChildStops::Perhaps() {
  if (Clock::now() < next_) return;
  if (Clock::now() < until_ && !IsStopped(child_)) {
    // Should this process die meanwhile, the child does, too.
    kill(child_, SIGSTOP);
    std::this_thread::sleep_for(native::Standstill(random_));
    kill(child_, SIGCONT);
    ++count_;
  }
  Plan(40);
}

void ChildStops::Plan(std::int64_t shortest) {
  next_ = Clock::now() + milliseconds(random_.LogUniform(shortest, 5));
  if (next_ >= until_) next_ = Clock::time_point::max();
}

}  // namespace heddle::stress
