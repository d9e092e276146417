// What is ThreadSanitizer not to see?
//
// That threads take turns: it orders all that they do, and so would hide every data race.  In the
// scope of an Unseen neither accesses nor synchronisation of this thread count; of a Seen within
// one, they do.  Both nest.
#pragma once

#if defined(__SANITIZE_THREAD__)
#define HEDDLE_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HEDDLE_TSAN 1
#endif
#endif
#ifdef HEDDLE_TSAN
extern "C" {  // the run-time library has no header for these
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
void AnnotateIgnoreSyncBegin(const char* file, int line);
void AnnotateIgnoreSyncEnd(const char* file, int line);
}
#endif

#include <utility>

namespace heddle::ordered {

inline void SetUnseen([[maybe_unused]] bool unseen) {
#ifdef HEDDLE_TSAN
  if (unseen) {
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
    AnnotateIgnoreSyncBegin(__FILE__, __LINE__);
  } else {
    AnnotateIgnoreSyncEnd(__FILE__, __LINE__);
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  }
#endif
}

inline constinit thread_local int t_unseen = 0;  // scopes

class Unseen {
 public:
  Unseen() {
    if (t_unseen++ == 0) SetUnseen(true);
  }
  ~Unseen() {
    if (--t_unseen == 0) SetUnseen(false);
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;
};

class Seen {
 public:
  Seen() : outer_(std::exchange(t_unseen, 0)) {
    if (outer_ != 0) SetUnseen(false);
  }
  ~Seen() {
    t_unseen = outer_;
    if (outer_ != 0) SetUnseen(true);
  }
  Seen(const Seen&) = delete;
  Seen& operator=(const Seen&) = delete;

 private:
  const int outer_;
};

}  // namespace heddle::ordered
