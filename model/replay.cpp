#include "model/replay.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "model/execution_builder.h"
#include "model/execution_errors.h"

namespace heddle::model {
namespace {

constexpr std::string_view kThreadLetters = "abcdefghijklmnopqrstuvwxyzABCDEF";
constexpr std::string_view kVersion = "1:";

std::string Text(EventId e) {
  if (e.is_init()) return "i";
  return kThreadLetters[static_cast<std::size_t>(e.thread)] + std::to_string(e.index);
}

template <typename Error = std::invalid_argument>
[[noreturn]] void Malformed(std::string_view text, const std::string& why) {
  throw Error("malformed replay token '" + std::string(text) + "': " + why +
              "; copy it whole from the report");
}

struct Answer {
  bool choice = false;
  EventId rf;  // initial: location to be filled in
  Value value = 0;
};

struct Script {
  std::vector<std::vector<Answer>> threads;
  std::vector<int> sizes;  // events per thread
  std::vector<std::vector<EventId>> orders;

  // Position of `w` in the order that contains it; -1 if none does.
  std::pair<int, int> PlaceOf(EventId w) const {
    for (std::size_t i = 0; i < orders.size(); ++i)
      for (std::size_t j = 0; j < orders[i].size(); ++j)
        if (orders[i][j] == w) return {static_cast<int>(i), static_cast<int>(j)};
    return {-1, -1};
  }
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Script Parse() {
    if (text_.substr(0, kVersion.size()) != kVersion)
      Malformed(text_, "it does not start with '1:', the only format version known");
    at_ = kVersion.size();
    Script script;
    script.threads.emplace_back();
    while (Peek() != ':') {
      if (Peek() == '#') {
        ++at_;
        script.sizes.push_back(ParseNumber());
        if (Peek() != '.') Malformed(text_, "a '.' is missing");
        ++at_;
        if (Peek() != ':') script.threads.emplace_back();
      } else {
        script.threads.back().push_back(ParseAnswer());
      }
    }
    ++at_;
    if (script.sizes.size() != script.threads.size()) Malformed(text_, "a '#' is missing");
    script.orders.emplace_back();
    threads_ = script.threads.size();
    for (const auto& answers : script.threads)
      for (const Answer& a : answers) CheckThread(a.rf);
    while (at_ < text_.size()) {
      if (text_[at_] == ',') {
        ++at_;
        script.orders.emplace_back();
      } else {
        script.orders.back().push_back(ParseEvent());
        CheckThread(script.orders.back().back());
      }
    }
    return script;
  }

 private:
  char Peek() const {
    if (at_ >= text_.size()) Malformed(text_, "it ends too early");
    return text_[at_];
  }
  void CheckThread(EventId e) const {
    if (!e.is_init() && e.thread >= static_cast<int>(threads_))
      Malformed(text_, "it names a thread that it does not describe");
  }
  Answer ParseAnswer() {
    if (Peek() == '=') {
      ++at_;
      return {true, {}, static_cast<Value>(ParseNumber())};
    }
    return {false, ParseEvent(), 0};
  }
  EventId ParseEvent() {
    const char c = Peek();
    if (c == 'i') {
      // 'i' alone is the initial write; followed by a digit it is the ninth thread.
      if (at_ + 1 >= text_.size() || text_[at_ + 1] < '0' || text_[at_ + 1] > '9') {
        ++at_;
        return EventId{};
      }
    }
    const std::size_t thread = kThreadLetters.find(c);
    if (thread == std::string_view::npos)
      Malformed(text_, "unexpected character '" + std::string(1, c) + "'");
    ++at_;
    const int index = ParseNumber();
    if (index >= kMaxEventsPerThread) Malformed(text_, "an event number is too large");
    return IdOf(static_cast<int>(thread), index);
  }
  int ParseNumber() {
    int n = 0, digits = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_, ++digits)
      if (digits < 9) n = n * 10 + (text_[at_] - '0');
    if (digits > 9) Malformed(text_, "a number is too large");
    if (digits == 0) Malformed(text_, "a number is missing");
    return n;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t threads_ = 0;
};

class Replayer {
 public:
  Replayer(Program& program, const MemoryModel& model, std::string_view text)
      : program_(program),
        model_(model),
        checker_(model.make_checker()),
        builder_(program),
        text_(text),
        script_(Parser(text).Parse()),
        used_(script_.threads.size(), 0) {}

  ExploreResult Run(const Visitor& visit) {
    if (static_cast<int>(script_.threads.size()) != program_.thread_count())
      Malformed<OtherProgram>(text_, "it is for " + std::to_string(script_.threads.size()) +
                                         " threads, but the scenario has " +
                                         std::to_string(program_.thread_count()));
    g_.Reset(program_.thread_count());
    (void)builder_.Sync(g_);  // restarts the program; there is nothing to replay yet
    ExploreResult result;
    result.violation = Steps(result);
    result.complete = true;
    // A violation may show before the end: the search adds events in another order.
    if (!result.violation) CheckThatAllWasUsed();
    // The axioms take cubic time; an execution that long is one that exceeded a bound.
    if (g_.event_count() < 1000 && !IsConsistent(model_, g_))
      Malformed<ForbiddenExecution>(
          text_, "it describes an execution that " + std::string(model_.name) + " forbids");
    if (result.violation) result.violation->graph = g_;
    if (visit) visit(g_);
    return result;
  }

 private:
  std::optional<Violation> Steps(ExploreResult& result) {
    for (;;) {
      const ThreadId t = NextReady();
      if (t < 0) break;
      const EventId e = g_.Append(t, builder_.Pending(t).label);
      checker_->OnAppend(g_, e);
      AnswerEvent(e);
      if (auto violation = ErrorOf(program_, model_, g_, e)) return violation;
      if (g_.at(e).is_exclusive_read()) {
        const EventId w = g_.Append(t, WriteHalf(g_.at(e).label, g_.at(e).value));
        checker_->OnAppend(g_, w);
        AnswerEvent(w);
        if (auto violation = ErrorOf(program_, model_, g_, w)) return violation;
      }
      builder_.Reply(g_, e);
    }
    for (ThreadId t = 0; t < g_.thread_count(); ++t) {
      const Step& step = builder_.Pending(t);
      if (step.kind == Step::Kind::kError) return builder_.FromStep(step);
    }
    for (ThreadId t = 0; t < g_.thread_count(); ++t) {
      if (!builder_.IsReady(t)) continue;
      const Label& label = builder_.Pending(t).label;
      if (!label.await) Malformed<OtherProgram>(text_, "it ends before the execution does");
      g_.AddWaiter({t, g_.last_stamp(), label});
    }
    if (builder_.AnyBlocked(g_)) {
      ++result.blocked;
      return builder_.Deadlock(g_);
    }
    ++result.executions;
    const Step end = program_.Finish(g_);
    if (end.kind == Step::Kind::kError) return builder_.FromStep(end);
    return std::nullopt;
  }

  void CheckThatAllWasUsed() const {
    for (ThreadId t = 0; t < g_.thread_count(); ++t) {
      const auto i = static_cast<std::size_t>(t);
      if (g_.size(t) != script_.sizes[i] || used_[i] != script_.threads[i].size())
        Malformed<OtherProgram>(text_, "it belongs to another scenario or version of it");
    }
    for (const auto& order : script_.orders)
      for (const EventId w : order)
        if (!g_.Contains(w) || !g_.at(w).label.is_write())
          Malformed<OtherProgram>(text_, "its modification order names what is no write");
  }

  // A thread that can move: its read's source, if it reads, is there, and the answer is given.
  ThreadId NextReady() {
    bool starved = false;
    for (ThreadId t = 0; t < g_.thread_count(); ++t) {
      if (!builder_.IsReady(t) || g_.size(t) >= script_.sizes[static_cast<std::size_t>(t)])
        continue;
      const Label& label = builder_.Pending(t).label;
      const auto i = static_cast<std::size_t>(t);
      const bool asks = label.is_read() || label.kind == Kind::kChoice;
      if (!asks) return t;
      if (used_[i] >= script_.threads[i].size())
        Malformed<OtherProgram>(text_, "an answer is missing");
      const Answer& answer = script_.threads[i][used_[i]];
      if (answer.choice != (label.kind == Kind::kChoice))
        Malformed<OtherProgram>(text_, "it belongs to another scenario or version of it");
      if (answer.choice || answer.rf.is_init() || g_.Contains(answer.rf)) return t;
      starved = true;
    }
    if (starved)
      Malformed<OtherProgram>(
          text_, "a read's source never happens; it belongs to another scenario or version");
    return -1;
  }

  void AnswerEvent(EventId e) {
    const Label label = g_.at(e).label;
    const auto t = static_cast<std::size_t>(e.thread);
    if (label.kind == Kind::kChoice) {
      const Value chosen = script_.threads[t][used_[t]++].value;
      if (chosen >= label.value) Malformed<OtherProgram>(text_, "a choice is out of range");
      g_.at(e).value = chosen;
    } else if (label.is_read()) {
      EventId rf = script_.threads[t][used_[t]++].rf;
      if (rf.is_init()) rf = InitOf(label.location);
      if (!rf.is_init() &&
          (!g_.at(rf).label.is_write() || g_.at(rf).label.location != label.location))
        Malformed<OtherProgram>(text_, "a read's source is not a write of what it reads");
      const Value value = builder_.ValueOf(g_, rf);
      if (label.await && !label.await.Holds(value))
        Malformed<OtherProgram>(text_, "a read awaits another value than that of its source");
      g_.SetRf(e, rf, value);
    } else if (label.is_write()) {
      g_.InsertMo(e, PlaceFor(e));
    }
    checker_->OnComplete(g_, e);
  }

  int PlaceFor(EventId e) const {
    const auto& mo = g_.mo(g_.at(e).label.location);
    const auto mine = script_.PlaceOf(e);
    int place = 1;
    for (const EventId w : mo) {
      const auto other = script_.PlaceOf(w);
      if (mine.first < 0 || other.first != mine.first || other.second < mine.second) ++place;
    }
    return place;
  }

  Program& program_;
  const MemoryModel& model_;
  std::unique_ptr<ConsistencyChecker> checker_;
  ExecutionBuilder builder_;
  std::string_view text_;
  Script script_;
  std::vector<std::size_t> used_;
  ExecutionGraph g_;
};

}  // namespace

std::string EncodeExecution(const ExecutionGraph& g) {
  std::string text(kVersion);
  for (ThreadId t = 0; t < g.thread_count(); ++t) {
    for (const Event& e : g.thread(t)) {
      if (e.label.is_read()) text += Text(e.rf);
      if (e.label.kind == Kind::kChoice) text += "=" + std::to_string(e.value);
    }
    text += '#' + std::to_string(g.size(t)) + '.';
  }
  text += ':';
  bool first = true;
  for (Location l = 0; l < g.location_count(); ++l) {
    if (g.mo(l).size() < 2) continue;
    if (!first) text += ',';
    first = false;
    for (const EventId w : g.mo(l)) text += Text(w);
  }
  return text;
}

ExploreResult ReplayExecution(Program& program, const MemoryModel& model, std::string_view text,
                              const Visitor& visit) {
  return Replayer(program, model, text).Run(visit);
}

}  // namespace heddle::model
