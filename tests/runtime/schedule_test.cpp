// Which version of a unit does a scheduled fetch take?
#include "runtime/ordered/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace heddle::ordered {
namespace {

using model::EventId;
using model::Kind;
using model::Order;
using testing::HasSubstr;

// Unit 0 is written by threads 0 and 1, in that order; thread 2 fetches it.
class ScheduledFetch : public testing::Test {
 protected:
  ScheduledFetch() : graph_(3) {
    model::Label write{.kind = Kind::kWrite, .order = Order::kRelaxed};
    for (int t = 0; t < 2; ++t) {
      write.value = static_cast<model::Value>(0x11 * (t + 1));
      writes_[t] = graph_.Append(static_cast<model::ThreadId>(t), write);
      graph_.InsertMo(writes_[t], t + 1);
    }
    fetch_ = graph_.Append(2, {.kind = Kind::kFetch});
  }

  Schedule Of(EventId source, const std::vector<EventId>& focus) {
    graph_.SetRf(fetch_, source, source.is_init() ? 0 : graph_.at(source).label.value);
    const model::Trace trace = model::ShortestTrace(graph_, focus);
    const std::vector<std::string> phrases(trace.events.size(), "what");
    return MakeSchedule(graph_, trace, focus, phrases, {"text[0]"});
  }
  static const Operation& TheFetch(const Schedule& schedule) { return schedule.threads[2].at(0); }

  model::ExecutionGraph graph_;
  EventId writes_[2], fetch_;
};

TEST_F(ScheduledFetch, TakesTheNewestOfAllWrites) {
  const Schedule schedule = Of(writes_[1], {});
  EXPECT_EQ(schedule.steps.size(), 3u);
  EXPECT_EQ(TheFetch(schedule).version, 2);
}

// The trace of what the fetch has to do with has one write only, which so is the first version.
TEST_F(ScheduledFetch, CountsWhatIsPlayedOnly) {
  const Schedule schedule = Of(writes_[1], {fetch_});
  EXPECT_EQ(schedule.steps.size(), 2u);
  EXPECT_EQ(TheFetch(schedule).version, 1);
}

// Thread 2 knows that the second write has happened, and still has the first.
TEST_F(ScheduledFetch, MayBeStaleAndSaysSo) {
  model::Label read{.kind = Kind::kRead, .order = Order::kRelaxed};
  const EventId seen = graph_.Append(1, read);
  graph_.SetRf(seen, writes_[1], 0x22);
  model::Label flag{.kind = Kind::kWrite, .order = Order::kRelease, .location = 1, .value = 1};
  const EventId raised = graph_.Append(1, flag);
  graph_.InsertMo(raised, 1);
  graph_.RemoveLast(2);
  const EventId saw =
      graph_.Append(2, {.kind = Kind::kRead, .order = Order::kAcquire, .location = 1});
  graph_.SetRf(saw, raised, 1);
  fetch_ = graph_.Append(2, {.kind = Kind::kFetch});
  const Schedule schedule = Of(writes_[0], {});
  const Operation& fetch = schedule.threads[2].at(1);
  EXPECT_EQ(fetch.version, 1);
  EXPECT_THAT(schedule.StepOf(fetch).text, HasSubstr("stale: there is 22"));
}

}  // namespace
}  // namespace heddle::ordered
