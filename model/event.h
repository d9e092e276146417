// What one thread did at one point: the events of an execution graph and their labels.
//
// An event is identified by (thread, index in that thread), which stays the same from one run of
// the program to the next, so an execution can be replayed by its event identifiers alone.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>

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
constexpr EventId IdOf(ThreadId thread, int index) {
  return {static_cast<std::int16_t>(thread), static_cast<std::int16_t>(index)};
}
inline constexpr EventId kNoEvent{-2, 0};

enum class Kind : std::uint8_t {
  kRead,        ///< data read; with `rmw`, the reading half of a read-modify-write or CAS
  kWrite,       ///< data write; with `rmw`, the writing half, next in sb after its read
  kFence,       ///< memory fence
  kFetch,       ///< instruction fetch of one code unit: a read exempt from coherence
  kSerialize,   ///< serialising event: later fetches see at least what happened before it
  kChoice,      ///< non-deterministic choice among `value` alternatives, 0 first
  kFree,        ///< end of life of allocation `location`; `value` is 1 after a kDestroy
  kDestroy,     ///< allocation `location` is to end: its destructor runs from here to its kFree
  kClean,       ///< arm64 DC CVAU: what is stored at `location` goes where fetches find it
  kInvalidate,  ///< arm64 IC IVAU: what was fetched from `location` is forgotten
};

/// What a kFence is on arm64; elsewhere only its order counts.
enum class Barrier : std::uint8_t {
  kByOrder,  ///< what compilers make of the fence's order
  kDmb,
  kDmbLoad,
  kDmbStore,
  kDsb,  ///< also waits for cache maintenance
  kDsbLoad,
  kDsbStore,
};

/// Which earlier reads of its thread an event depends on, where that is known: bit i stands for the
/// event i + 1 before it in sb.  Only arm64 gives them a meaning; a missing one allows more.
struct Dependencies {
  static constexpr int kReach = 16;  ///< events back

  std::uint16_t address = 0;  ///< where it accesses
  std::uint16_t data = 0;     ///< what it writes
  std::uint16_t control = 0;  ///< whether it happens at all
};

/// kPlain is a non-atomic access: a data race on it is an error, so it never has a choice of rf.
enum class Order : std::uint8_t { kPlain, kRelaxed, kAcquire, kRelease, kAcqRel, kSeqCst };

constexpr bool AtLeastAcquire(Order o) {
  return o == Order::kAcquire || o == Order::kAcqRel || o == Order::kSeqCst;
}
constexpr bool AtLeastRelease(Order o) {
  return o == Order::kRelease || o == Order::kAcqRel || o == Order::kSeqCst;
}

/// What a read-modify-write writes, from the value v that it read and its operand n.
enum class RmwOp : std::uint8_t {
  kExchange,   ///< n; of a CAS: n if v is `expected`, else nothing is written
  kAdd,        ///< v + n, modulo 2^(8 * bytes); subtraction adds -n
  kAnd,        ///< v & n
  kOr,         ///< v | n
  kXor,        ///< v ^ n
  kAddFloat,   ///< v + n as IEEE binary32
  kAddDouble,  ///< v + n as IEEE binary64
};

/// The condition that an awaiting read waits for: a function of the value read and of at most
/// kCaptured bytes, so that an explorer can ask it at any time without running the program.
class AwaitTest {
 public:
  static constexpr std::size_t kCaptured = 16;

  AwaitTest() = default;
  /// `test`: bool(Value), trivially copyable, at most kCaptured bytes.
  template <typename F>
  static AwaitTest Of(F test) {
    static_assert(std::is_trivially_copyable_v<F> && sizeof(F) <= kCaptured,
                  "an awaited condition captures by value, and no more than 16 bytes");
    AwaitTest result;
    ::new (static_cast<void*>(result.captured_.data())) F(test);
    result.call_ = [](const std::byte* captured, Value v) {
      return (*std::launder(reinterpret_cast<const F*>(captured)))(v);
    };
    return result;
  }

  explicit operator bool() const { return call_ != nullptr; }
  /// Requires a test.
  bool Holds(Value v) const { return call_(captured_.data(), v); }

 private:
  bool (*call_)(const std::byte*, Value) = nullptr;
  alignas(8) std::array<std::byte, kCaptured> captured_{};
};

/// A read-modify-write is issued as one label, that of its reading half; the explorer makes the
/// label of its writing half (see WriteHalf).
struct Label {
  Kind kind = Kind::kFence;
  Order order = Order::kRelaxed;        ///< for a CAS's read: the order if it succeeds
  Order failure = Order::kRelaxed;      ///< for a CAS's read: the order if it fails
  bool rmw = false;                     ///< half of a read-modify-write (see Kind)
  bool cas = false;                     ///< rmw read that writes only if it reads `expected`
  RmwOp op = RmwOp::kExchange;          ///< of an rmw read
  std::uint8_t bytes = 8;               ///< size of an access: 1, 2, 4, 8; 16: the value is a hash
  Barrier barrier = Barrier::kByOrder;  ///< of a kFence
  /// Of accesses, fetches, cleaning and invalidating; allocation of kFree and kDestroy.
  Location location = 0;
  int line = 0;  ///< where in the source; not compared
  const char* file = "";
  Value value = 0;     ///< kWrite: what is written; rmw read: the operand; kChoice: alternatives
  Value expected = 0;  ///< of a CAS
  AwaitTest await{};   ///< reads: take only values for which it holds; wait if there are none
  bool may_wait_forever = false;  ///< awaiting reads: an execution may be complete without it
  /// Awaiting reads, and steps that are blocked: in another execution a handler interrupts the
  /// thread here, so that it is stuck is no deadlock yet.
  bool may_be_interrupted = false;
  /// kChoice: which handler interrupts the thread here, 0: none.  Bit k of `expected`: the k-th of
  /// kInterruptNames can.  With one alternative only: that handler has ended.
  bool interrupts = false;
  Dependencies depends{};
  /// Awaiting reads: at most one event of an execution writes the location, with an awaited value,
  /// and the initial value is not awaited.  Then waiting is no choice: see search_tree.h.
  bool of_written_once = false;

  bool is_read() const { return kind == Kind::kRead || kind == Kind::kFetch; }
  bool is_write() const { return kind == Kind::kWrite; }
  /// Whether it says that allocation `location` is to end, which may be said once.
  bool ends_allocation() const {
    return kind == Kind::kDestroy || (kind == Kind::kFree && value == 0);
  }
};

/// Whether an RMW that reads `read` writes.
constexpr bool RmwWrites(const Label& rmw, Value read) { return !rmw.cas || read == rmw.expected; }

/// The writing half of an RMW that has read `read`.  Requires RmwWrites(rmw, read).
inline Label WriteHalf(const Label& rmw, Value read) {
  Label write = rmw;
  write.kind = Kind::kWrite;
  write.cas = false;
  write.op = RmwOp::kExchange;
  write.expected = 0;
  write.await = {};
  for (auto in : {&Dependencies::address, &Dependencies::data, &Dependencies::control})
    write.depends.*in = static_cast<std::uint16_t>(write.depends.*in << 1);  // one event later
  const Value n = rmw.value;
  switch (rmw.op) {
    case RmwOp::kExchange:
      break;
    case RmwOp::kAdd:
      write.value = read + n;
      break;
    case RmwOp::kAnd:
      write.value = read & n;
      break;
    case RmwOp::kOr:
      write.value = read | n;
      break;
    case RmwOp::kXor:
      write.value = read ^ n;
      break;
    case RmwOp::kAddFloat:
      write.value =
          std::bit_cast<std::uint32_t>(std::bit_cast<float>(static_cast<std::uint32_t>(read)) +
                                       std::bit_cast<float>(static_cast<std::uint32_t>(n)));
      break;
    case RmwOp::kAddDouble:
      write.value =
          std::bit_cast<std::uint64_t>(std::bit_cast<double>(read) + std::bit_cast<double>(n));
      break;
  }
  if (rmw.bytes < 8) write.value &= (Value{1} << (8 * rmw.bytes)) - 1;
  return write;
}

/// What interrupts a thread: by bit of an interrupting choice's `expected`.
inline constexpr std::array kInterruptNames = {"preemption", "IRQ", "NMI"};

/// Whether an event says no more than that no handler interrupts its thread there.
constexpr bool IsUninterrupted(const Label& label, Value chosen) {
  return label.interrupts && label.value > 1 && chosen == 0;
}

/// Same operation: everything but the source position.  A replay that differs is non-deterministic.
constexpr bool SameOperation(const Label& a, const Label& b) {
  return a.kind == b.kind && a.order == b.order && a.failure == b.failure && a.rmw == b.rmw &&
         a.cas == b.cas && a.op == b.op && a.bytes == b.bytes && a.location == b.location &&
         a.value == b.value && a.expected == b.expected && a.barrier == b.barrier;
}

}  // namespace heddle::model
