// What if code under test calls exit()?
#pragma once

#include <string>

namespace heddle {

/// While one lives, exit() does not end the process as if all were well: it says that `who` has
/// called it, and ends with status 1.  _Exit() and signals pass unseen.  They nest; one thread.
class ExitGuard {
 public:
  explicit ExitGuard(std::string who);
  ~ExitGuard();
  ExitGuard(const ExitGuard&) = delete;
  ExitGuard& operator=(const ExitGuard&) = delete;

  const std::string& who() const { return who_; }

 private:
  const std::string who_;
  const ExitGuard* const outer_;
};

}  // namespace heddle
