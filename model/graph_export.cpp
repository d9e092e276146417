#include "model/graph_export.h"

#include <algorithm>
#include <set>

namespace heddle::model {
namespace {

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '\n') {
      quoted += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

template <typename T>
bool Has(const std::vector<T>& list, const T& element) {
  return std::find(list.begin(), list.end(), element) != list.end();
}

class DotWriter {
 public:
  DotWriter(const Program& program, const ExecutionGraph& g, const Trace& trace,
            const std::vector<EventId>& marked, const Explanation& explanation)
      : program_(program),
        g_(g),
        trace_(trace),
        marked_(marked),
        explanation_(explanation),
        text_(program, g, trace) {}

  std::string Write(const std::string& title) {
    dot_ = "digraph heddle {\n  label=" + Quoted(title) +
           ";\n  labelloc=t;\n  fontsize=11;\n  node [shape=box, "
           "fontname=monospace, fontsize=10];\n"
           "  edge [fontname=monospace, fontsize=9];\n";
    for (ThreadId t = 0; t < g_.thread_count(); ++t) WriteThread(t);
    WriteInitial();
    for (const EventId e : trace_.events) WriteCommunication(e);
    for (const auto& [from, to] : explanation_.missing)
      Edge(from, to, "missing", "red", ", style=dashed, penwidth=2");
    return dot_ + "}\n";
  }

 private:
  std::string Node(EventId e) const {
    return e.is_init() ? "init" + std::to_string(e.index) : text_.Number(e);
  }

  void Edge(EventId from, EventId to, const char* label, const char* colour,
            const char* more = "") {
    dot_ += "  " + Node(from) + " -> " + Node(to) + " [label=" + label + ", color=" + colour +
            ", fontcolor=" + colour + ", constraint=false" + more + "];\n";
  }

  void WriteThread(ThreadId t) {
    std::vector<EventId> events;
    for (const EventId e : trace_.events)
      if (e.thread == t) events.push_back(e);
    if (events.empty()) return;
    const std::string number = std::to_string(t);
    dot_ += "  subgraph cluster_cpu" + number + " {\n    label=\"CPU" + number +
            "\";\n    color=gray;\n";
    for (const EventId e : events) {
      const std::string place = text_.Place(e);
      std::string phrase = text_.Phrase(e);
      phrase.erase(0, phrase.find_first_not_of(' '));
      dot_ += "    " + Node(e) +
              " [label=" + Quoted(Node(e) + ": " + phrase + (place.empty() ? "" : "\n" + place)) +
              (Has(marked_, e) ? ", style=filled, fillcolor=mistyrose, color=red" : "") + "];\n";
    }
    for (std::size_t i = 1; i < events.size(); ++i)
      dot_ += "    " + Node(events[i - 1]) + " -> " + Node(events[i]) + " [label=sb, weight=9];\n";
    dot_ += "  }\n";
  }

  void WriteInitial() {
    std::set<EventId> sources;
    for (const EventId e : trace_.events)
      if (g_.at(e).label.is_read() && g_.at(e).rf.is_init()) sources.insert(g_.at(e).rf);
    for (const EventId e : sources) {
      const Location l = g_.location_of(e);
      dot_ += "  " + Node(e) + " [label=" +
              Quoted("init: " + text_.Name(l) + " = " + Show(program_.InitialValue(l))) +
              ", style=dotted];\n";
      if (const EventId next = NextShown(l, 0); !next.is_init()) Edge(e, next, "mo", "orange");
    }
  }

  // rf into `e`, and mo or rb from it to the next shown write.
  void WriteCommunication(EventId e) {
    const Event& event = g_.at(e);
    if (event.label.is_read()) {
      const bool weak = Has(explanation_.weak, {event.rf, e});
      Edge(event.rf, e, weak ? "\"rf, no sw\"" : "rf", weak ? "red" : "darkgreen");
    }
    const bool reads_data = event.label.kind == Kind::kRead;
    if (!reads_data && !event.label.is_write()) return;
    const int position = g_.mo_position(reads_data ? event.rf : e);
    const EventId next = NextShown(event.label.location, position);
    // A read before its own thread's write says no more than sb.
    if (next.is_init() || (reads_data && next.thread == e.thread)) return;
    reads_data ? Edge(e, next, "rb", "darkviolet") : Edge(e, next, "mo", "orange");
  }

  // The first shown write of `l` after `position` in mo, or an initial one if there is none.
  EventId NextShown(Location l, int position) const {
    for (int p = position + 1; p <= static_cast<int>(g_.mo(l).size()); ++p)
      if (const EventId w = g_.WriteAt(l, p); trace_.NumberOf(w) != 0) return w;
    return {};
  }

  const Program& program_;
  const ExecutionGraph& g_;
  const Trace& trace_;
  const std::vector<EventId>& marked_;
  const Explanation& explanation_;
  EventText text_;
  std::string dot_;
};

}  // namespace

std::string ToDot(const Program& program, const ExecutionGraph& g, const Trace& trace,
                  const std::vector<EventId>& marked, const Explanation& explanation,
                  const std::string& title) {
  return DotWriter(program, g, trace, marked, explanation).Write(title);
}

}  // namespace heddle::model
