#include "model/explain/context.h"

namespace heddle::model {
namespace {

Relation Base(const GraphIndex& index, const Trace& trace) {
  Relation shown(index.size());
  for (const EventId e : trace.events) shown.Add(index.number(e), index.number(e));
  const Relation data = index.Where([](const Event& e) { return e.label.kind == Kind::kRead; });
  const Relation rf = index.Rf();
  const Relation later = Inv(rf) >> index.Mo();
  const Relation rb = (data >> later) - Id(index.size());
  const Relation ffr = index.Ser() >> later;
  return shown >> (index.Sb() | rf | index.Mo() | rb | ffr) >> shown;
}

}  // namespace

ExplainContext MakeContext(const Program& program, const MemoryModel& model,
                           const ExecutionGraph& g, const Trace& trace) {
  const GraphIndex index(g);
  const Relation base = Base(index, trace);
  return {program,
          model,
          g,
          trace,
          EventText(program, g, trace),
          GraphIndex(g),
          model.happens_before(g),
          base,
          Plus(base)};
}

}  // namespace heddle::model
