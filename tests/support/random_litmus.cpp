// What does a random litmus program look like?  Declared in litmus_program.h.
#include <algorithm>
#include <utility>

#include "tests/support/litmus_program.h"

namespace heddle::model {
namespace {

using Op = Instruction::Op;

// splitmix64, so that seeds mean the same programs with every standard library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  int Below(int n) {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t x = state_;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return static_cast<int>((x ^ (x >> 31)) % static_cast<std::uint64_t>(n));
  }
  bool Percent(int p) { return Below(100) < p; }
  template <typename T>
  T OneOf(std::initializer_list<T> choices) {
    return *(choices.begin() + Below(static_cast<int>(choices.size())));
  }

 private:
  std::uint64_t state_;
};

// Where the pieces of a random program come from.  Most locations are either always or never plain,
// since a mixed one nearly always races and then tells little.
class Generator {
 public:
  Generator(std::uint64_t seed, const RandomOptions& options)
      : random_(seed), options_(options), locations_(random_.OneOf({1, 2, 2, 2, 2, 3, 3})) {
    for (int l = 0; l < locations_; ++l) plain_.push_back(options.plain && random_.Percent(40));
    // Programs with one flavour of orders reach the corners of each axiom more often than a mix.
    flavour_ = random_.Below(4);
  }

  std::vector<Instruction> Thread(int events) {
    std::vector<Instruction> code;
    int last_register = -1;
    int next_register = 0;
    // Each thread mostly goes round the locations, starting one further than the thread before it:
    // that is how the cycles that tell models apart come about (store buffering, IRIW, …).
    location_ = first_location_++ % locations_;
    while (events > 0) {
      if (last_register >= 0 && random_.Percent(8)) {
        const Operand value = Constant(static_cast<Value>(random_.Below(3)));
        const int count = 1 + random_.Below(2);
        code.push_back(random_.Percent(50) ? SkipIf(last_register, value, count)
                                           : SkipUnless(last_register, value, count));
      }
      if (options_.all_rmws && events >= 3 && random_.Percent(20)) {
        AddWeakCas(code, next_register);
        last_register = next_register + 1;
        next_register += 2;
        events -= 3;
        continue;
      }
      const bool once = options_.once && random_.Percent(35);
      Instruction i =
          once ? OfWrittenOnce(next_register) : Event(events, next_register, last_register);
      if (options_.await && !once && (i.op == Op::kLoad || IsRmw(i.op)) &&
          i.order != Order::kPlain && random_.Percent(30)) {
        const auto value = static_cast<Value>(random_.Below(4));
        i = random_.Percent(60) ? AwaitEqual(i, value) : AwaitUnequal(i, value);
      }
      if (options_.arm64 && last_register >= 0 && i.op != Op::kFence && random_.Percent(15))
        i.address = last_register;
      const bool is_rmw = IsRmw(i.op);
      events -= is_rmw ? 2 : 1;
      if (is_rmw || i.op == Op::kLoad || i.op == Op::kFetch || i.op == Op::kChoose)
        last_register = next_register++;
      code.push_back(i);
    }
    return code;
  }

 private:
  Instruction Event(int budget, int reg, int last_register) {
    if (options_.fetch && random_.Percent(30))
      return random_.Percent(60) ? Fetch(reg, random_.Below(locations_)) : Serialize();
    if (options_.arm64 && random_.Percent(35)) {
      switch (random_.Below(4)) {
        case 0:
          return Clean(random_.Below(locations_));
        case 1:
          return Invalidate(random_.Below(locations_));
        default:
          return Fence(
              random_.OneOf({Barrier::kDmb, Barrier::kDmbLoad, Barrier::kDmbStore, Barrier::kDsb,
                             Barrier::kDsb, Barrier::kDsb, Barrier::kDsbLoad, Barrier::kDsbStore}));
      }
    }
    const int dice = random_.Below(100);
    if (dice < 12)
      return Fence(flavour_ == 0 ? Order::kSeqCst
                                 : random_.OneOf({Order::kRelaxed, Order::kAcquire, Order::kRelease,
                                                  Order::kAcqRel, Order::kSeqCst, Order::kSeqCst}));
    if (dice < 14) return Choose(reg, 2);
    const Location l = location_;
    location_ = random_.Percent(80) ? (l + 1) % locations_ : random_.Below(locations_);
    const bool plain =
        plain_[static_cast<std::size_t>(l)] != (options_.plain && random_.Percent(4));
    if (dice < 28 && budget >= 2 && !plain) return ReadModifyWrite(l, reg);
    if (dice < 66) return Load(reg, l, plain ? Order::kPlain : ReadOrder());
    return Store(l, NewValue(last_register), plain ? Order::kPlain : WriteOrder());
  }

  // Locations after the others.  Whoever comes first in the source may store; others await that.
  Instruction OfWrittenOnce(int reg) {
    const int n = random_.Below(2);
    bool& stored = stored_once_[static_cast<std::size_t>(n)];
    if (!stored && random_.Percent(50)) {
      stored = true;
      return Store(locations_ + n, Constant(1), WriteOrder());
    }
    Instruction i = AwaitUnequal(Load(reg, locations_ + n, ReadOrder()), 0);
    i.written_once = true;
    return i;
  }

  // Fails without reason if its choice is 1: then it is a load with the failure order.
  void AddWeakCas(std::vector<Instruction>& code, int choice) {
    const Location l = random_.Below(locations_);
    const Order failure = random_.OneOf({Order::kRelaxed, Order::kAcquire, Order::kSeqCst});
    code.push_back(Choose(choice, 2));
    code.push_back(SkipIf(choice, Constant(1), 1));
    code.push_back(Cas(choice + 1, l, Constant(static_cast<Value>(random_.Below(3))), NewValue(-1),
                       random_.OneOf({Order::kRelaxed, Order::kAcqRel, Order::kSeqCst}), failure));
    code.push_back(SkipIf(choice, Constant(0), 1));
    code.push_back(Load(choice + 1, l, failure));
  }

  Instruction ReadModifyWrite(Location l, int reg) {
    const Order order = flavour_ == 1
                            ? Order::kRelaxed
                            : random_.OneOf({Order::kRelaxed, Order::kAcquire, Order::kRelease,
                                             Order::kAcqRel, Order::kSeqCst});
    if (options_.all_rmws && random_.Percent(50)) {
      const RmwOp op = random_.OneOf({RmwOp::kAnd, RmwOp::kOr, RmwOp::kXor, RmwOp::kAdd});
      // All ones: the highest bit of every size takes part, and additions wrap.
      return FetchOp(reg, l, op, random_.Percent(30) ? Constant(~Value{0}) : NewValue(-1), order);
    }
    switch (random_.Below(3)) {
      case 0:
        return FetchAdd(reg, l, Constant(1), order);
      case 1:
        return Exchange(reg, l, NewValue(-1), order);
      default:
        return Cas(reg, l, Constant(static_cast<Value>(random_.Below(3))), NewValue(-1), order,
                   random_.OneOf({Order::kRelaxed, Order::kAcquire, Order::kSeqCst}));
    }
  }

  // Small and mostly distinct, so that comparisons sometimes hold and values tell writes apart.
  Operand NewValue(int last_register) {
    if (last_register >= 0 && random_.Percent(15)) return Register(last_register, 1);
    return Constant(random_.Percent(20) ? 1u : ++last_value_);
  }

  Order ReadOrder() {
    if (flavour_ == 0) return random_.OneOf({Order::kRelaxed, Order::kSeqCst, Order::kSeqCst});
    if (flavour_ == 1) return random_.OneOf({Order::kRelaxed, Order::kRelaxed, Order::kAcquire});
    return random_.OneOf({Order::kRelaxed, Order::kAcquire, Order::kSeqCst});
  }
  Order WriteOrder() {
    if (flavour_ == 0) return random_.OneOf({Order::kRelaxed, Order::kSeqCst, Order::kSeqCst});
    if (flavour_ == 1) return random_.OneOf({Order::kRelaxed, Order::kRelaxed, Order::kRelease});
    return random_.OneOf({Order::kRelaxed, Order::kRelease, Order::kSeqCst});
  }

  Random random_;
  RandomOptions options_;
  int locations_;
  int flavour_;
  int first_location_ = 0;
  Location location_ = 0;
  std::array<bool, 2> stored_once_{};
  std::vector<bool> plain_;
  Value last_value_ = 0;
};

std::vector<int> Sizes(Random& random) {
  return {random.OneOf({1, 2, 4, 8}), random.OneOf({1, 2, 4}), random.OneOf({1, 2})};
}

}  // namespace

LitmusProgram RandomLitmus(std::uint64_t seed, const RandomOptions& options) {
  Random random(seed ^ 0x6865646465u);
  const int threads = random.OneOf({2, 2, 2, 3, 3, 4});
  const int total = std::max(threads, options.max_events - random.Below(2));
  std::vector<int> events(static_cast<std::size_t>(threads), 1);
  for (int i = threads; i < total; ++i) ++events[static_cast<std::size_t>(random.Below(threads))];
  Generator generator(seed, options);
  std::vector<std::vector<Instruction>> code;
  for (const int n : events) code.push_back(generator.Thread(n));
  LitmusProgram program(std::move(code), "RandomLitmus(" + std::to_string(seed) + ")");
  if (options.sizes) program.set_bytes(Sizes(random));
  return program;
}

RandomOptions AnyFeatures(std::uint64_t seed, int max_events) {
  Random random(seed ^ 0x6d6978u);
  const auto perhaps = [&] { return random.Percent(50); };
  return {.max_events = max_events,
          .plain = random.Percent(25),
          .fetch = perhaps(),
          .await = perhaps(),
          .once = perhaps(),
          .all_rmws = perhaps(),
          .sizes = perhaps()};
}

LitmusProgram RandomAlikeLitmus(std::uint64_t seed, RandomOptions options,
                                std::vector<ThreadId>& alike) {
  Random random(seed ^ 0x616c696b65u);
  alike = random.OneOf<std::vector<ThreadId>>({{0, 0},
                                               {0, 0, 0},
                                               {0, 0, 2},
                                               {0, 1, 0},
                                               {0, 1, 1},
                                               {0, 0, 0, 3},
                                               {0, 1, 1, 1},
                                               {0, 1, 1, 3},
                                               {0, 0, 2, 2},
                                               {0, 1, 0, 1},
                                               {0, 0, 0, 0}});
  const int threads = static_cast<int>(alike.size());
  options.once = false;  // what one thread stores once, one like it stores again
  Generator generator(seed, options);
  std::vector<std::vector<Instruction>> code;
  int budget = options.max_events;
  for (int t = 0; t < threads; ++t) {
    const ThreadId first = alike[static_cast<std::size_t>(t)];
    if (first < t) {
      code.push_back(code[static_cast<std::size_t>(first)]);
      continue;
    }
    const int mean = std::max(1, budget / threads);
    code.push_back(generator.Thread(std::max(1, mean + random.Below(3) - 1)));
  }
  LitmusProgram program(std::move(code), "RandomAlikeLitmus(" + std::to_string(seed) + ")");
  if (options.sizes) program.set_bytes(Sizes(random));
  return program;
}

}  // namespace heddle::model
