// Lock: holds a mutex for a scope, like std::unique_lock, and tells reports where it was taken (the
// standard's guards call the mutex from their own header, so that is the place a report shows).
#pragma once

#include "runtime/source_location.h"

namespace heddle::sync {

template <typename M>
class Lock {
 public:
  using Here = SourceLocation;

  explicit Lock(M& mutex, Here at = Here::Current()) : mutex_(mutex), at_(at) { lock(); }
  ~Lock() {
    if (owns_) unlock();
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  void lock() {
    mutex_.lock(at_);
    owns_ = true;
  }
  void unlock() {
    owns_ = false;
    mutex_.unlock(at_);
  }
  bool owns_lock() const { return owns_; }

 private:
  M& mutex_;
  const Here at_;
  bool owns_ = false;
};

}  // namespace heddle::sync
