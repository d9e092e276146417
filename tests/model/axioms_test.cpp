// Do the axioms say what the models are known to say?
//
// First, each axiom of each model is violated by a graph built by hand, and the list of violated
// axioms is compared, so that deleting an axiom fails a test.  Second, the textbook litmus tests
// with their verdict under each model, by brute force: no search algorithm is involved.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "model/brute_force_explorer.h"
#include "model/memory_model.h"
#include "tests/support/litmus_program.h"

namespace heddle::model {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

constexpr Order kPln = Order::kPlain, kRlx = Order::kRelaxed, kAcq = Order::kAcquire;
constexpr Order kRel = Order::kRelease, kAcqRel = Order::kAcqRel, kSc = Order::kSeqCst;
constexpr Location kX = 0, kY = 1, kZ = 2;

// --- graphs by hand -----------------------------------------------------------------------------

struct GraphBuilder {
  ExecutionGraph g;
  explicit GraphBuilder(int threads) : g(threads) {}

  // Appends to mo.  Returns the write.
  EventId W(ThreadId t, Location l, Value v, Order order, bool rmw = false) {
    const EventId e =
        g.Append(t, {.kind = Kind::kWrite, .order = order, .rmw = rmw, .location = l, .value = v});
    g.InsertMo(e, static_cast<int>(g.mo(l).size()) + 1);
    return e;
  }
  // To be given its source later with ReadsFrom.
  EventId R(ThreadId t, Location l, Order order, bool rmw = false) {
    return g.Append(t, {.kind = Kind::kRead, .order = order, .rmw = rmw, .location = l});
  }
  EventId R(ThreadId t, Location l, EventId from, Order order, bool rmw = false) {
    const EventId e = R(t, l, order, rmw);
    ReadsFrom(e, from);
    return e;
  }
  void ReadsFrom(EventId read, EventId from) {
    g.SetRf(read, from, from.is_init() ? 0 : g.at(from).value);
  }
  EventId Fetch(ThreadId t, Location l, EventId from) {
    const EventId e = g.Append(t, {.kind = Kind::kFetch, .location = l});
    ReadsFrom(e, from);
    return e;
  }
  EventId Other(ThreadId t, Kind kind, Order order = Order::kRelaxed) {
    return g.Append(t, {.kind = kind, .order = order});
  }
};

std::vector<std::string> Violated(const MemoryModel& model, const ExecutionGraph& g) {
  std::vector<std::string> names;
  for (const AxiomResult& result : model.check(g)) {
    if (!result.holds) names.emplace_back(result.name);
    EXPECT_EQ(result.holds, result.witness.empty()) << result.name;
  }
  return names;
}

ExecutionGraph StoreBuffering(Order order, bool fences) {
  GraphBuilder b(2);
  for (ThreadId t = 0; t < 2; ++t) {
    b.W(t, t, 1, order);
    if (fences) b.Other(t, Kind::kFence, kSc);
    b.R(t, 1 - t, InitOf(1 - t), order);
  }
  return b.g;
}

// The one graph that no explorer here can build, since each read takes a write that is not there
// yet.
ExecutionGraph LoadBuffering() {
  GraphBuilder b(2);
  const EventId rx = b.R(0, kX, kRlx);
  const EventId ry = b.R(1, kY, kRlx);
  b.ReadsFrom(ry, b.W(0, kY, 1, kRlx));
  b.ReadsFrom(rx, b.W(1, kX, 1, kRlx));
  return b.g;
}

// An increment, and another thread's write that got in between its halves.
ExecutionGraph TornIncrement() {
  GraphBuilder b(2);
  b.R(0, kX, InitOf(kX), kRlx, true);
  b.W(1, kX, 7, kRlx);
  b.W(0, kX, 1, kRlx, true);
  return b.g;
}

ExecutionGraph FetchOlderThanOwnWrite() {
  GraphBuilder b(1);
  b.W(0, kX, 1, kRlx);
  b.Fetch(0, kX, InitOf(kX));
  return b.g;
}

ExecutionGraph FetchOlderThanSerialize(Order write, Order read) {
  GraphBuilder b(2);
  b.W(0, kX, 1, kRlx);
  const EventId flag = b.W(0, kY, 1, write);
  b.R(1, kY, flag, read);
  b.Other(1, Kind::kSerialize);
  b.Fetch(1, kX, InitOf(kX));
  return b.g;
}

ExecutionGraph ReadOlderThanOwnWrite() {
  GraphBuilder b(1);
  b.W(0, kX, 1, kRlx);
  b.R(0, kX, InitOf(kX), kRlx);
  return b.g;
}

TEST(ScAxioms, EachCanBeViolated) {
  EXPECT_THAT(Violated(Sc(), StoreBuffering(kRlx, false)), ElementsAre("sc"));
  EXPECT_THAT(Violated(Sc(), FetchOlderThanSerialize(kRlx, kRlx)), ElementsAre("sc"));
  EXPECT_THAT(Violated(Sc(), TornIncrement()), ElementsAre("atomicity"));
  EXPECT_THAT(Violated(Sc(), FetchOlderThanOwnWrite()), ElementsAre("fetch-own"));
  EXPECT_THAT(Violated(Sc(), LoadBuffering()), ElementsAre("sc", "no-thin-air"));
}

TEST(TsoAxioms, EachCanBeViolated) {
  EXPECT_THAT(Violated(Tso(), StoreBuffering(kRlx, false)), IsEmpty());
  EXPECT_THAT(Violated(Tso(), StoreBuffering(kRlx, true)), ElementsAre("tso"));
  EXPECT_THAT(Violated(Tso(), StoreBuffering(kSc, false)), ElementsAre("tso"));
  EXPECT_THAT(Violated(Tso(), FetchOlderThanSerialize(kRlx, kRlx)), ElementsAre("tso"));
  EXPECT_THAT(Violated(Tso(), ReadOlderThanOwnWrite()), ElementsAre("coherence"));
  EXPECT_THAT(Violated(Tso(), TornIncrement()), ElementsAre("atomicity"));
  EXPECT_THAT(Violated(Tso(), FetchOlderThanOwnWrite()), ElementsAre("fetch-own"));
  EXPECT_THAT(Violated(Tso(), LoadBuffering()), ElementsAre("tso", "no-thin-air"));
}

TEST(Rc11Axioms, EachCanBeViolated) {
  EXPECT_THAT(Violated(Rc11(), StoreBuffering(kRlx, false)), IsEmpty());
  EXPECT_THAT(Violated(Rc11(), StoreBuffering(kRlx, true)), ElementsAre("sc")) << "psc_f";
  EXPECT_THAT(Violated(Rc11(), StoreBuffering(kSc, false)), ElementsAre("sc")) << "psc_base";
  EXPECT_THAT(Violated(Rc11(), ReadOlderThanOwnWrite()), ElementsAre("coherence"));
  EXPECT_THAT(Violated(Rc11(), TornIncrement()), ElementsAre("atomicity"));
  EXPECT_THAT(Violated(Rc11(), FetchOlderThanSerialize(kRel, kAcq)), ElementsAre("fetch"));
  EXPECT_THAT(Violated(Rc11(), FetchOlderThanSerialize(kRlx, kAcq)), IsEmpty());
  EXPECT_THAT(Violated(Rc11(), FetchOlderThanOwnWrite()), ElementsAre("fetch-own"));
  EXPECT_THAT(Violated(Rc11(), LoadBuffering()), ElementsAre("no-thin-air"));
}

TEST(Witness, IsTheCycleInOrder) {
  const ExecutionGraph g = StoreBuffering(kRlx, false);
  // W x -sb-> R y -rb-> W y -sb-> R x -rb-> W x
  EXPECT_THAT(Sc().check(g)[0].witness,
              ElementsAre(EventId{0, 0}, EventId{0, 1}, EventId{1, 0}, EventId{1, 1}));
}

TEST(FindModel, KnowsTheThreeNames) {
  EXPECT_EQ(FindModel("sc"), &Sc());
  EXPECT_EQ(FindModel("tso"), &Tso());
  EXPECT_EQ(FindModel("rc11"), &Rc11());
  EXPECT_EQ(FindModel("RC11"), nullptr);
}

TEST(FindRace, NeedsAPlainAccessAndNoHappensBefore) {
  const auto message_passing = [](Order data, Order publish, Order consume) {
    GraphBuilder b(2);
    const EventId payload = b.W(0, kX, 1, data);
    const EventId flag = b.W(0, kY, 1, publish);
    b.R(1, kY, flag, consume);
    b.R(1, kX, payload, data);
    return b.g;
  };
  for (const MemoryModel* model : AllModels())
    EXPECT_THAT(FindRace(*model, message_passing(kPln, kRel, kAcq)), IsEmpty()) << model->name;
  EXPECT_THAT(FindRace(Rc11(), message_passing(kPln, kRlx, kAcq)),
              ElementsAre(EventId{0, 0}, EventId{1, 1}));
  EXPECT_THAT(FindRace(Rc11(), message_passing(kRlx, kRlx, kAcq)), IsEmpty());
  for (const MemoryModel* model : {&Sc(), &Tso()}) {
    EXPECT_THAT(FindRace(*model, message_passing(kPln, kRlx, kRlx)), IsEmpty())
        << "any atomic write synchronises with its readers under " << model->name;
    EXPECT_THAT(FindRace(*model, message_passing(kPln, kPln, kPln)), Not(IsEmpty()))
        << "reading a plain write orders nothing under " << model->name;
  }
}

// --- litmus tests
// ---------------------------------------------------------------------------------

// A register's final value, or with `thread` = kMemory a location's.
constexpr ThreadId kMemory = -1;
struct Want {
  ThreadId thread;
  int what;
  Value value;
};

struct Litmus {
  std::string name;
  std::vector<std::vector<Instruction>> threads;
  std::vector<Want> outcome;  // the weak one
  bool sc, tso, rc11;         // whether the model allows it
};
void PrintTo(const Litmus& litmus, std::ostream* out) { *out << litmus.name; }

Instruction St(Location l, Value v, Order order) { return Store(l, Constant(v), order); }

std::vector<std::vector<Instruction>> Sb(Order write, Order read) {
  return {{St(kX, 1, write), Load(0, kY, read)}, {St(kY, 1, write), Load(0, kX, read)}};
}
std::vector<std::vector<Instruction>> SbFence(Order fence) {
  return {{St(kX, 1, kRlx), Fence(fence), Load(0, kY, kRlx)},
          {St(kY, 1, kRlx), Fence(fence), Load(0, kX, kRlx)}};
}
std::vector<std::vector<Instruction>> Mp(Order write, Order read) {
  return {{St(kX, 1, kRlx), St(kY, 1, write)}, {Load(0, kY, read), Load(1, kX, kRlx)}};
}
std::vector<std::vector<Instruction>> MpFence(Order write, Order read) {
  return {{St(kX, 1, kRlx), Fence(write), St(kY, 1, kRlx)},
          {Load(0, kY, kRlx), Fence(read), Load(1, kX, kRlx)}};
}
std::vector<std::vector<Instruction>> Iriw(Order write, Order read) {
  return {{St(kX, 1, write)},
          {St(kY, 1, write)},
          {Load(0, kX, read), Load(1, kY, read)},
          {Load(0, kY, read), Load(1, kX, read)}};
}
std::vector<std::vector<Instruction>> IriwFence(Order fence) {
  return {{St(kX, 1, kRlx)},
          {St(kY, 1, kRlx)},
          {Load(0, kX, kRlx), Fence(fence), Load(1, kY, kRlx)},
          {Load(0, kY, kRlx), Fence(fence), Load(1, kX, kRlx)}};
}
std::vector<std::vector<Instruction>> TwoPlusTwoW(Order order) {
  return {{St(kX, 1, order), St(kY, 2, order)}, {St(kY, 1, order), St(kX, 2, order)}};
}
std::vector<std::vector<Instruction>> Wrc(Order write, Order read) {
  return {{St(kX, 1, write)},
          {Load(0, kX, read), St(kY, 1, write)},
          {Load(0, kY, read), Load(1, kX, read)}};
}
std::vector<std::vector<Instruction>> Isa2(Order write, Order read) {
  return {{St(kX, 1, kRlx), St(kY, 1, write)},
          {Load(0, kY, read), St(kZ, 1, write)},
          {Load(0, kZ, read), Load(1, kX, kRlx)}};
}
std::vector<std::vector<Instruction>> TestR(Order write, Order read) {
  return {{St(kX, 1, write), St(kY, 1, write)}, {St(kY, 2, write), Load(0, kX, read)}};
}
std::vector<std::vector<Instruction>> TestS(Order write, Order read) {
  return {{St(kX, 2, kRlx), St(kY, 1, write)}, {Load(0, kY, read), St(kX, 1, kRlx)}};
}
// The order of each access in turn, as the published RWC-sc-acq-sc-sc-sc has them.
std::vector<std::vector<Instruction>> Rwc(Order a, Order b, Order c, Order d, Order e) {
  return {{St(kX, 1, a)}, {Load(0, kX, b), Load(1, kY, c)}, {St(kY, 1, d), Load(0, kX, e)}};
}
std::vector<std::vector<Instruction>> WRwc(Order y_write, Order y_read, Order others) {
  return {{St(kX, 1, others), St(kY, 1, y_write)},
          {Load(0, kY, y_read), Load(1, kZ, others)},
          {St(kZ, 1, others), Load(0, kX, others)}};
}

const std::vector<Want> kSbWeak{{0, 0, 0}, {1, 0, 0}};
const std::vector<Want> kMpWeak{{1, 0, 1}, {1, 1, 0}};
const std::vector<Want> kIriwWeak{{2, 0, 1}, {2, 1, 0}, {3, 0, 1}, {3, 1, 0}};
const std::vector<Want> k22wWeak{{kMemory, kX, 1}, {kMemory, kY, 1}};
const std::vector<Want> kWrcWeak{{1, 0, 1}, {2, 0, 1}, {2, 1, 0}};
const std::vector<Want> kRWeak{{kMemory, kY, 2}, {1, 0, 0}};
const std::vector<Want> kSWeak{{kMemory, kX, 2}, {1, 0, 1}};
const std::vector<Want> kRwcWeak{{1, 0, 1}, {1, 1, 0}, {2, 0, 0}};

// clang-format off
std::vector<Litmus> Table() {
  return {
      // Store buffering: what separates tso from sc.                              sc     tso    rc11
      {"SB", Sb(kRlx, kRlx), kSbWeak,                                              false, true,  true},
      {"SB+rel+acq", Sb(kRel, kAcq), kSbWeak,                                      false, true,  true},
      {"SB+sc", Sb(kSc, kSc), kSbWeak,                                             false, false, false},
      {"SB+scw+rlx", Sb(kSc, kRlx), kSbWeak,                                       false, false, true},
      {"SB+rlx+scr", Sb(kRlx, kSc), kSbWeak,                                       false, true,  true},
      {"SB+fence_sc", SbFence(kSc), kSbWeak,                                       false, false, false},
      {"SB+fence_acqrel", SbFence(kAcqRel), kSbWeak,                               false, true,  true},
      {"SB+fence_sc+po", {{St(kX, 1, kRlx), Fence(kSc), Load(0, kY, kRlx)},
                          {St(kY, 1, kRlx), Load(0, kX, kRlx)}}, kSbWeak,          false, true,  true},
      {"SB+fence_sc+sc", {{St(kX, 1, kRlx), Fence(kSc), Load(0, kY, kRlx)},
                          {St(kY, 1, kSc), Load(0, kX, kSc)}}, kSbWeak,            false, false, false},
      {"SB+rmw_writes", {{Exchange(1, kX, Constant(1), kRlx), Load(0, kY, kRlx)},
                         {Exchange(1, kY, Constant(1), kRlx), Load(0, kX, kRlx)}},
                        kSbWeak,                                                   false, false, true},
      {"SB+rmw_reads", {{St(kX, 1, kRlx), FetchAdd(0, kY, Constant(0), kRlx)},
                        {St(kY, 1, kRlx), FetchAdd(0, kX, Constant(0), kRlx)}},
                       kSbWeak,                                                    false, false, true},
      {"SB+failed_cas", {{St(kX, 1, kRlx), Cas(0, kY, Constant(9), Constant(9), kRlx, kRlx)},
                         {St(kY, 1, kRlx), Cas(0, kX, Constant(9), Constant(9), kRlx, kRlx)}},
                        kSbWeak,                                                   false, false, true},
      {"SB+failed_cas_sc", {{St(kX, 1, kSc), Cas(0, kY, Constant(9), Constant(9), kRlx, kSc)},
                            {St(kY, 1, kSc), Cas(0, kX, Constant(9), Constant(9), kRlx, kSc)}},
                           kSbWeak,                                                false, false, false},
      {"SB+failed_cas_rlx", {{St(kX, 1, kSc), Cas(0, kY, Constant(9), Constant(9), kSc, kRlx)},
                             {St(kY, 1, kSc), Cas(0, kX, Constant(9), Constant(9), kSc, kRlx)}},
                            kSbWeak,                                               false, false, true},
      {"SB+serialize", {{St(kX, 1, kRlx), Serialize(), Load(0, kY, kRlx)},
                        {St(kY, 1, kRlx), Serialize(), Load(0, kX, kRlx)}}, kSbWeak, false, false, true},
      // A thread sees its own write before the others do.
      {"SB+rfi", {{St(kX, 1, kRlx), Load(1, kX, kRlx), Load(0, kY, kRlx)},
                  {St(kY, 1, kRlx), Load(1, kY, kRlx), Load(0, kX, kRlx)}},
                 {{0, 0, 0}, {0, 1, 1}, {1, 0, 0}, {1, 1, 1}},                     false, true,  true},

      // Message passing: release and acquire.
      {"MP", Mp(kRlx, kRlx), kMpWeak,                                              false, false, true},
      {"MP+rel+acq", Mp(kRel, kAcq), kMpWeak,                                      false, false, false},
      {"MP+rel+rlx", Mp(kRel, kRlx), kMpWeak,                                      false, false, true},
      {"MP+rlx+acq", Mp(kRlx, kAcq), kMpWeak,                                      false, false, true},
      {"MP+sc", Mp(kSc, kSc), kMpWeak,                                             false, false, false},
      {"MP+fences", MpFence(kRel, kAcq), kMpWeak,                                  false, false, false},
      {"MP+fences_wrong", MpFence(kAcq, kRel), kMpWeak,                            false, false, true},
      {"MP+fence_rel+rlx", MpFence(kRel, kRlx), kMpWeak,                           false, false, true},
      {"MP+fence_rlx+acq", MpFence(kRlx, kAcq), kMpWeak,                           false, false, true},
      {"MP+fence_rel+acq", {{St(kX, 1, kRlx), Fence(kRel), St(kY, 1, kRlx)},
                            {Load(0, kY, kAcq), Load(1, kX, kRlx)}}, kMpWeak,      false, false, false},
      {"MP+rel+fence_acq", {{St(kX, 1, kRlx), St(kY, 1, kRel)},
                            {Load(0, kY, kRlx), Fence(kAcq), Load(1, kX, kRlx)}},
                           kMpWeak,                                                false, false, false},
      // C++20: the releasing thread's own relaxed write does not continue the release sequence …
      {"MP+rel-rlx+acq", {{St(kX, 1, kRlx), St(kY, 1, kRel), St(kY, 2, kRlx)},
                          {Load(0, kY, kAcq), Load(1, kX, kRlx)}},
                         {{1, 0, 2}, {1, 1, 0}},                                   false, false, true},
      // … but anyone's read-modify-write does, and no other thread's plain store.
      {"MP+rel+rmw+acq", {{St(kX, 1, kRlx), St(kY, 1, kRel)},
                          {FetchAdd(0, kY, Constant(1), kRlx)},
                          {Load(0, kY, kAcq), Load(1, kX, kRlx)}},
                         {{2, 0, 2}, {2, 1, 0}},                                   false, false, false},
      {"MP+rel+rmw+acq_start", {{St(kX, 1, kRlx), St(kY, 4, kRel)},
                                {FetchAdd(0, kY, Constant(1), kRlx)},
                                {Load(0, kY, kAcq), Load(1, kX, kRlx)}},
                               {{2, 0, 1}, {2, 1, 0}},                             true,  true,  true},

      // Load buffering needs a po | rf cycle, which none of the models has.
      {"LB", {{Load(0, kX, kRlx), St(kY, 1, kRlx)}, {Load(0, kY, kRlx), St(kX, 1, kRlx)}},
             {{0, 0, 1}, {1, 0, 1}},                                               false, false, false},

      {"IRIW", Iriw(kRlx, kRlx), kIriwWeak,                                        false, false, true},
      {"IRIW+rel+acq", Iriw(kRel, kAcq), kIriwWeak,                                false, false, true},
      {"IRIW+sc", Iriw(kSc, kSc), kIriwWeak,                                       false, false, false},
      {"IRIW+fence_sc", IriwFence(kSc), kIriwWeak,                                 false, false, false},
      {"IRIW+fence_acqrel", IriwFence(kAcqRel), kIriwWeak,                         false, false, true},

      {"2+2W", TwoPlusTwoW(kRlx), k22wWeak,                                        false, false, true},
      {"2+2W+rel", TwoPlusTwoW(kRel), k22wWeak,                                    false, false, true},
      {"2+2W+sc", TwoPlusTwoW(kSc), k22wWeak,                                      false, false, false},

      // Coherence holds for relaxed accesses in every model.
      {"CoRR", {{St(kX, 1, kRlx)}, {Load(0, kX, kRlx), Load(1, kX, kRlx)}},
               {{1, 0, 1}, {1, 1, 0}},                                             false, false, false},
      {"CoWW", {{St(kX, 1, kRlx), St(kX, 2, kRlx)}}, {{kMemory, kX, 1}},           false, false, false},
      {"CoWR", {{St(kX, 1, kRlx), Load(0, kX, kRlx)}, {St(kX, 2, kRlx)}},
               {{0, 0, 2}, {kMemory, kX, 1}},                                      false, false, false},
      {"CoRW", {{Load(0, kX, kRlx), St(kX, 1, kRlx)}, {St(kX, 2, kRlx)}},
               {{0, 0, 2}, {kMemory, kX, 2}},                                      false, false, false},

      {"WRC", Wrc(kRlx, kRlx), kWrcWeak,                                           false, false, true},
      {"WRC+rel+acq", Wrc(kRel, kAcq), kWrcWeak,                                   false, false, false},
      {"ISA2", Isa2(kRlx, kRlx), kWrcWeak,                                         false, false, true},
      {"ISA2+rel+acq", Isa2(kRel, kAcq), kWrcWeak,                                 false, false, false},
      {"ISA2+rel+rlx", Isa2(kRel, kRlx), kWrcWeak,                                 false, false, true},
      {"R", TestR(kRlx, kRlx), kRWeak,                                             false, true,  true},
      {"R+rel+acq", TestR(kRel, kAcq), kRWeak,                                     false, true,  true},
      {"R+sc", TestR(kSc, kSc), kRWeak,                                            false, false, false},
      {"S", TestS(kRlx, kRlx), kSWeak,                                             false, false, true},
      {"S+rel+acq", TestS(kRel, kAcq), kSWeak,                                     false, false, false},

      // What RC11 repaired: sc accesses next to release and acquire ones (its sections 2 and 3).
      {"RWC", Rwc(kRlx, kRlx, kRlx, kRlx, kRlx), kRwcWeak,                         false, true,  true},
      {"RWC+sc", Rwc(kSc, kSc, kSc, kSc, kSc), kRwcWeak,                           false, false, false},
      {"RWC+sc-acq-sc-sc-sc", Rwc(kSc, kAcq, kSc, kSc, kSc), kRwcWeak,             false, false, true},
      {"RWC+fence_sc", {{St(kX, 1, kRlx)},
                        {Load(0, kX, kRlx), Fence(kSc), Load(1, kY, kRlx)},
                        {St(kY, 1, kRlx), Fence(kSc), Load(0, kX, kRlx)}}, kRwcWeak, false, false, false},
      {"W+RWC", WRwc(kRlx, kRlx, kRlx), kRwcWeak,                                  false, true,  true},
      {"W+RWC+rel+acq+sc", WRwc(kRel, kAcq, kSc), kRwcWeak,                        false, false, false},
      {"W+RWC+rlx+acq+sc", WRwc(kRlx, kAcq, kSc), kRwcWeak,                        false, false, true},
      {"Z6.U", {{St(kX, 1, kSc), St(kY, 1, kRel)},
                {FetchAdd(0, kY, Constant(1), kSc), Load(1, kY, kRlx)},
                {St(kY, 3, kSc), Load(0, kX, kSc)}},
               {{1, 0, 1}, {1, 1, 3}, {2, 0, 0}},                                  false, false, true},

      // Instruction fetch: stale until a serialising event, and not coherent before it.
      {"MP.fetch", {{St(kX, 1, kRlx), St(kY, 1, kRel)}, {Load(0, kY, kAcq), Fetch(1, kX)}},
                   kMpWeak,                                                        true,  true,  true},
      {"MP.fetch+ser", {{St(kX, 1, kRlx), St(kY, 1, kRel)},
                        {Load(0, kY, kAcq), Serialize(), Fetch(1, kX)}}, kMpWeak,  false, false, false},
      {"MP.fetch+ser+rlx", {{St(kX, 1, kRlx), St(kY, 1, kRlx)},
                            {Load(0, kY, kRlx), Serialize(), Fetch(1, kX)}},
                           kMpWeak,                                                false, false, true},
      {"MP.fetch+early_ser", {{St(kX, 1, kRlx), St(kY, 1, kRel)},
                              {Serialize(), Load(0, kY, kAcq), Fetch(1, kX)}},
                             kMpWeak,                                              true,  true,  true},
      {"CoFF", {{St(kX, 1, kRel)}, {Fetch(0, kX), Fetch(1, kX)}}, kMpWeak,         true,  true,  true},
      {"CoFF+ser", {{St(kX, 1, kRel)}, {Fetch(0, kX), Serialize(), Fetch(1, kX)}},
                   kMpWeak,                                                        false, false, false},
      {"CoFR", {{St(kX, 1, kRlx)}, {Fetch(0, kX), Load(1, kX, kRlx)}}, kMpWeak,    false, false, false},
      {"CoRF+ser", {{St(kX, 1, kRlx)}, {Load(0, kX, kRlx), Serialize(), Fetch(1, kX)}},
                   kMpWeak,                                                        false, false, false},
      {"CoRF", {{St(kX, 1, kRel)}, {Load(0, kX, kAcq), Fetch(1, kX)}}, kMpWeak,    true,  true,  true},
      {"CoWF", {{St(kX, 1, kRlx), Fetch(0, kX)}}, {{0, 0, 0}},                     false, false, false},
      {"FetchSynchronises", {{St(kX, 1, kRlx), St(kY, 1, kRel)},
                             {Fetch(0, kY), Fence(kAcq), Load(1, kX, kRlx)}}, kMpWeak, false, false, false},
      {"FetchWithoutFence", {{St(kX, 1, kRlx), St(kY, 1, kRel)},
                             {Fetch(0, kY), Load(1, kX, kRlx)}}, kMpWeak,          false, false, true},
      {"SB.fetch", {{St(kX, 1, kRlx), Fetch(0, kY)}, {St(kY, 1, kRlx), Fetch(0, kX)}},
                   kSbWeak,                                                        true,  true,  true},
  };
}
// clang-format on

class LitmusTable : public testing::TestWithParam<Litmus> {};

TEST_P(LitmusTable, WeakOutcomeIsAllowedByTheRightModels) {
  const Litmus& litmus = GetParam();
  LitmusProgram program(litmus.threads, litmus.name);
  bool sc = false, tso = false, rc11 = false;
  const auto judge = [&](const ExecutionGraph& g) {
    // A program of its own: the enumeration is still using the other one.
    LitmusProgram finished(litmus.threads);
    const auto registers = finished.FinalRegisters(g);
    const bool weak = std::ranges::all_of(litmus.outcome, [&](const Want& want) {
      const Value actual = want.thread == kMemory ? finished.FinalValue(g, want.what)
                                                  : registers[static_cast<std::size_t>(want.thread)]
                                                             [static_cast<std::size_t>(want.what)];
      return actual == want.value;
    });
    if (!weak) return;
    sc = sc || IsConsistent(Sc(), g);
    tso = tso || IsConsistent(Tso(), g);
    rc11 = rc11 || IsConsistent(Rc11(), g);
  };
  EnumerateGraphs(program, {.complete = judge});
  EXPECT_EQ(sc, litmus.sc) << "under sc\n" << program;
  EXPECT_EQ(tso, litmus.tso) << "under tso\n" << program;
  EXPECT_EQ(rc11, litmus.rc11) << "under rc11\n" << program;
}

// GoogleTest wants identifiers: MP+rel+acq becomes MP_rel_acq.
std::string TestName(const testing::TestParamInfo<Litmus>& info) {
  std::string name = info.param.name;
  std::ranges::replace_if(
      name, [](char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Textbook, LitmusTable, testing::ValuesIn(Table()), TestName);

}  // namespace
}  // namespace heddle::model
