#include "model/event_text.h"

namespace heddle::model {
namespace {

std::string Byte(Value v) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  return {kDigits[(v >> 4) & 15], kDigits[v & 15]};
}

}  // namespace

const char* Name(Order order) {
  switch (order) {
    case Order::kPlain:
      return "plain";
    case Order::kRelaxed:
      return "rlx";
    case Order::kAcquire:
      return "acq";
    case Order::kRelease:
      return "rel";
    case Order::kAcqRel:
      return "acq_rel";
    case Order::kSeqCst:
      return "sc";
  }
  return "?";
}

const char* Name(Kind kind) {
  switch (kind) {
    case Kind::kRead:
      return "read";
    case Kind::kWrite:
      return "write";
    case Kind::kFence:
      return "fence";
    case Kind::kFetch:
      return "fetch";
    case Kind::kSerialize:
      return "serialize";
    case Kind::kChoice:
      return "choice";
    case Kind::kFree:
      return "free";
    case Kind::kDestroy:
      return "destroy";
    case Kind::kClean:
      return "clean";
    case Kind::kInvalidate:
      return "invalidate";
  }
  return "?";
}

const char* Name(Barrier barrier) {
  switch (barrier) {
    case Barrier::kByOrder:
      return "fence";
    case Barrier::kDmb:
      return "dmb ish";
    case Barrier::kDmbLoad:
      return "dmb ishld";
    case Barrier::kDmbStore:
      return "dmb ishst";
    case Barrier::kDsb:
      return "dsb ish";
    case Barrier::kDsbLoad:
      return "dsb ishld";
    case Barrier::kDsbStore:
      return "dsb ishst";
  }
  return "?";
}

std::string Show(Value v) {
  if (v < 10'000) return std::to_string(v);
  if (v > ~Value{0} - 10'000) return "-" + std::to_string(~v + 1);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string s;
  for (; v != 0; v >>= 4) s.insert(s.begin(), kDigits[v & 15]);
  return "0x" + s;
}

std::string EventText::Number(EventId e) const {
  if (e.is_init()) return "init";
  const int number = trace_.NumberOf(e);
  if (number != 0) return "e" + std::to_string(number);
  return "CPU" + std::to_string(e.thread) + "'s event " + std::to_string(e.index);
}

// At its last unit.
std::string EventText::Instruction(EventId id) const {
  const auto& events = graph_.thread(id.thread);
  const auto last = static_cast<std::size_t>(id.index);
  const std::size_t before = events[last].label.value;
  const bool more = last + 1 < events.size() && events[last + 1].label.kind == Kind::kFetch &&
                    events[last + 1].label.value == before + 1;
  if (more || before > last) return "";
  std::vector<Value> units;
  for (std::size_t i = last - before; i <= last; ++i) units.push_back(events[i].value);
  const std::string text = program_.InstructionText(events[last - before].label.location, units);
  return text.empty() ? "" : ": " + text;
}

std::string Interruption(const Event& e) {
  if (IsUninterrupted(e.label, e.value)) return "no interrupt";
  const bool ends = e.label.value == 1;
  Value left = ends ? 1 : e.value;
  for (std::size_t k = 0; k < kInterruptNames.size(); ++k)
    if ((e.label.expected >> k & 1) != 0 && --left == 0)
      return kInterruptNames[k] + std::string(ends ? " ends" : " begins");
  return "?";
}

std::string EventText::Phrase(EventId id) const {
  const Event& e = graph_.at(id);
  const std::string order = model::Name(e.order());
  switch (e.label.kind) {
    case Kind::kRead: {
      const char* what = !e.label.rmw ? "R " : e.is_exclusive_read() ? "U " : "CAS fails ";
      return what + order + " " + Name(e.label.location) + " = " + Show(e.value) + " from " +
             Number(e.rf);
    }
    case Kind::kWrite:
      return (e.label.rmw ? "  -> W " : "W ") + order + " " + Name(e.label.location) + " = " +
             Show(e.value);
    case Kind::kFence:
      return e.label.barrier == Barrier::kByOrder ? "fence " + order : model::Name(e.label.barrier);
    case Kind::kFetch:
      return "fetch " + Name(e.label.location) + " = " +
             (e.value < 256 ? Byte(e.value) : Show(e.value)) + " from " + Number(e.rf) +
             Instruction(id);
    case Kind::kClean:
      return "dc cvau " + Name(e.label.location);
    case Kind::kInvalidate:
      return "ic ivau " + Name(e.label.location);
    case Kind::kSerialize:
      return "serialise";
    case Kind::kChoice:
      if (e.label.interrupts) return Interruption(e);
      return "choose " + Show(e.value) + " of " + Show(e.label.value);
    case Kind::kFree:
      return "free object " + std::to_string(e.label.location);
    case Kind::kDestroy:
      return "destroy object " + std::to_string(e.label.location);
  }
  return "?";
}

std::string EventText::Place(EventId e) const {
  if (e.is_init()) return "";
  const Label& l = graph_.at(e).label;
  if (l.line == 0) return "";
  const std::string file = l.file;
  return (file.empty() ? "line " : file.substr(file.rfind('/') + 1) + ":") + std::to_string(l.line);
}

std::string EventText::Sentence(EventId e) const {
  if (e.is_init()) return "the initial value";
  std::string phrase = Phrase(e);
  phrase.erase(0, phrase.find_first_not_of(' '));
  if (phrase.starts_with("-> ")) phrase.erase(0, 3);
  const std::string place = Place(e);
  return Number(e) + " (CPU" + std::to_string(e.thread) + ": " + phrase +
         (place.empty() ? "" : ", " + place) + ")";
}

}  // namespace heddle::model
