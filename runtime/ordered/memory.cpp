#include "runtime/ordered/memory.h"

#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>

#include "runtime/ordered/unseen.h"

namespace heddle::ordered {
namespace {

using model::Label;
using model::Order;
using model::RmwOp;
using model::Value;

// Orders are constants: of one that the compiler does not know it makes the strongest.
constexpr int LoadOrder(int order) {
  return order == __ATOMIC_RELEASE   ? __ATOMIC_RELAXED
         : order == __ATOMIC_ACQ_REL ? __ATOMIC_ACQUIRE
                                     : order;
}
constexpr int StoreOrder(int order) {
  return order == __ATOMIC_ACQUIRE   ? __ATOMIC_RELAXED
         : order == __ATOMIC_ACQ_REL ? __ATOMIC_RELEASE
                                     : order;
}

template <int kOrder>
struct OfOrder {
  static constexpr int value = kOrder;
};

template <typename F>
auto WithOrder(Order order, F f) {
  switch (order) {
    case Order::kPlain:
    case Order::kRelaxed:
      return f(OfOrder<__ATOMIC_RELAXED>());
    case Order::kAcquire:
      return f(OfOrder<__ATOMIC_ACQUIRE>());
    case Order::kRelease:
      return f(OfOrder<__ATOMIC_RELEASE>());
    case Order::kAcqRel:
      return f(OfOrder<__ATOMIC_ACQ_REL>());
    case Order::kSeqCst:
      break;
  }
  return f(OfOrder<__ATOMIC_SEQ_CST>());
}

// Whether it succeeds is known before, as it is this thread's turn.  So each of the two orders is
// its own: an instruction with both may make one as strong as the other, which would hide a race
// from ThreadSanitizer.
template <typename U>
void CompareExchange(const Label& l, U* cell, U& expected, U desired) {
  bool succeeds = false;
  {
    const Unseen unseen;
    succeeds = std::memcmp(cell, &expected, sizeof(U)) == 0;
  }
  if (succeeds)
    WithOrder(l.order, [&](auto order) {
      __atomic_compare_exchange(cell, &expected, &desired, false, decltype(order)::value,
                                __ATOMIC_RELAXED);
    });
  else
    WithOrder(l.failure, [&](auto order) {
      __atomic_load(cell, &expected, LoadOrder(decltype(order)::value));
    });
}

// What std::atomic does of floating point, too: until nobody was faster.
template <typename U, int kOrder>
U Replace(const Label& l, U* cell) {
  U old = __atomic_load_n(cell, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(cell, &old, static_cast<U>(WriteHalf(l, old).value), false,
                                      kOrder, LoadOrder(kOrder))) {
  }
  return old;
}

template <typename U>
U Update(const Label& l, U* cell) {
  const auto n = static_cast<U>(l.value);
  if (l.cas) {
    auto expected = static_cast<U>(l.expected);
    CompareExchange(l, cell, expected, n);
    return expected;
  }
  return WithOrder(l.order, [&](auto order) -> U {
    constexpr int kOrder = decltype(order)::value;
    switch (l.op) {
      case RmwOp::kExchange:
        return __atomic_exchange_n(cell, n, kOrder);
      case RmwOp::kAdd:
        return __atomic_fetch_add(cell, n, kOrder);
      case RmwOp::kAnd:
        return __atomic_fetch_and(cell, n, kOrder);
      case RmwOp::kOr:
        return __atomic_fetch_or(cell, n, kOrder);
      case RmwOp::kXor:
        return __atomic_fetch_xor(cell, n, kOrder);
      case RmwOp::kAddFloat:
      case RmwOp::kAddDouble:
        break;
    }
    return Replace<U, kOrder>(l, cell);
  });
}

template <typename U>
Value AccessAs(const Label& l, void* at) {
  U* const cell = static_cast<U*>(at);
  if (l.is_write()) {
    const auto n = static_cast<U>(l.value);
    if (l.order == Order::kPlain)
      *cell = n;
    else
      WithOrder(l.order,
                [&](auto order) { __atomic_store_n(cell, n, StoreOrder(decltype(order)::value)); });
    return 0;
  }
  if (l.rmw) return Update<U>(l, cell);
  if (l.order == Order::kPlain) return *cell;
  return WithOrder(l.order, [&](auto order) {
    return __atomic_load_n(cell, LoadOrder(decltype(order)::value));
  });
}

struct alignas(16) Sixteen {
  std::uint64_t low, high;
};

void AccessWide(const Label& l, void* at, Wide& wide) {
  Sixteen* const cell = static_cast<Sixteen*>(at);
  auto operand = std::bit_cast<Sixteen>(wide.operand);
  auto read = std::bit_cast<Sixteen>(wide.expected);
  if (l.order == Order::kPlain) {
    if (l.is_write())
      *cell = operand;
    else
      read = *cell;
  } else if (l.cas) {
    CompareExchange(l, cell, read, operand);
  } else {
    WithOrder(l.order, [&](auto order) {
      constexpr int kOrder = decltype(order)::value;
      if (l.is_write())
        __atomic_store(cell, &operand, StoreOrder(kOrder));
      else if (l.rmw)
        __atomic_exchange(cell, &operand, &read, kOrder);
      else
        __atomic_load(cell, &read, LoadOrder(kOrder));
    });
  }
  wide.read = std::bit_cast<Wide::Bytes>(read);
}

// 3, 5, 6 or 7 bytes, for which there is no instruction: nobody else is there, in this thread's
// turn.
Value AccessBytes(const Label& l, void* cell) {
  Value old = 0;
  std::memcpy(&old, cell, l.bytes);
  const bool writes = l.is_write() || (l.rmw && (!l.cas || old == l.expected));
  if (!writes) return old;
  const Value now = l.is_write() ? l.value : WriteHalf(l, old).value;
  std::memcpy(cell, &now, l.bytes);
  return l.is_write() ? 0 : old;
}

}  // namespace

Value Access(const Label& label, void* cell, Wide* wide) {
  switch (label.bytes) {
    case 1:
      return AccessAs<std::uint8_t>(label, cell);
    case 2:
      return AccessAs<std::uint16_t>(label, cell);
    case 4:
      return AccessAs<std::uint32_t>(label, cell);
    case 8:
      return AccessAs<std::uint64_t>(label, cell);
    case 16:
      AccessWide(label, cell, *wide);
      return 0;
    default:
      return AccessBytes(label, cell);
  }
}

void Fence(Order order) {
  WithOrder(order, [](auto o) { __atomic_thread_fence(decltype(o)::value); });
}

}  // namespace heddle::ordered
