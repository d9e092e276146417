// What one thread did at one point: the events of an execution graph and their labels.
//
// An event is identified by (thread, index in that thread), which stays the same from one run of
// the program to the next, so an execution can be replayed by its event identifiers alone.
#pragma once

#include <compare>
#include <cstdint>

namespace heddle::model {

using ThreadId = int;           ///< 0 … kMaxThreads-1
using Value = std::uint64_t;    ///< what memory holds; narrower types are zero-extended
using Location = std::int32_t;  ///< one per named variable or code byte; 0 … , dense

inline constexpr int kMaxThreads = 32;
inline constexpr int kMaxEventsPerThread = 32'000;
inline constexpr std::int16_t kInitThread = -1;

/// The initial write of location `l` is EventId{kInitThread, l}.
struct EventId {
  std::int16_t thread = kInitThread;
  std::int16_t index = 0;

  bool is_init() const { return thread == kInitThread; }
  auto operator<=>(const EventId&) const = default;
};

constexpr EventId InitOf(Location location) {
  return {kInitThread, static_cast<std::int16_t>(location)};
}

enum class Kind : std::uint8_t {
  kRead,       ///< data read; with `rmw`, the reading half of a read-modify-write or CAS
  kWrite,      ///< data write; with `rmw`, the writing half, next in sb after its read
  kFence,      ///< memory fence
  kFetch,      ///< instruction fetch of one code unit: a read exempt from coherence
  kSerialize,  ///< serialising event: later fetches see at least what happened before it
  kChoice,     ///< non-deterministic choice among `value` alternatives, 0 first
  kFree,       ///< end of life of allocation `location`
};

/// kPlain is a non-atomic access: a data race on it is an error, so it never has a choice of rf.
enum class Order : std::uint8_t { kPlain, kRelaxed, kAcquire, kRelease, kAcqRel, kSeqCst };

constexpr bool AtLeastAcquire(Order o) {
  return o == Order::kAcquire || o == Order::kAcqRel || o == Order::kSeqCst;
}
constexpr bool AtLeastRelease(Order o) {
  return o == Order::kRelease || o == Order::kAcqRel || o == Order::kSeqCst;
}

struct Label {
  Kind kind = Kind::kFence;
  Order order = Order::kRelaxed;    ///< for a CAS's read: the order if it succeeds
  Order failure = Order::kRelaxed;  ///< for a CAS's read: the order if it fails
  bool rmw = false;                 ///< half of a read-modify-write (see Kind)
  bool cas = false;                 ///< rmw read that writes only if it reads `expected`
  Location location = 0;            ///< of reads, writes and fetches; allocation of kFree
  Value value = 0;                  ///< written by kWrite; number of alternatives of kChoice
  Value expected = 0;               ///< of a CAS
  const char* file = "";            ///< where in the source; not compared
  int line = 0;

  bool is_read() const { return kind == Kind::kRead || kind == Kind::kFetch; }
  bool is_write() const { return kind == Kind::kWrite; }
};

/// Same operation: everything but the source position.  A replay that differs is non-deterministic.
constexpr bool SameOperation(const Label& a, const Label& b) {
  return a.kind == b.kind && a.order == b.order && a.failure == b.failure && a.rmw == b.rmw &&
         a.cas == b.cas && a.location == b.location && a.value == b.value &&
         a.expected == b.expected;
}

}  // namespace heddle::model
