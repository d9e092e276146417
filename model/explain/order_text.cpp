// A missing ordering in sentences: "e3 reads from e2 but does not synchronise with it: …".
#include "model/explain/context.h"
#include "model/explain/missing_order.h"

namespace heddle::model {
namespace {

// What the access would have to be: "a release store", "an atomic load".
std::string Wanted(const ExecutionGraph& g, EventId e, Need need) {
  const Label& label = g.at(e).label;
  const std::string what = label.rmw ? " read-modify-write" : label.is_write() ? " store" : " load";
  if (need == Need::kAtomic) return "an atomic" + what;
  return (label.is_write() ? "a release" : "an acquire") + what;
}

std::string Lacks(const ExplainContext& c, EventId e, Need need) {
  if (need == Need::kNothing) return "";
  if (need == Need::kAtomic) return c.text.Number(e) + " is not atomic";
  if (c.g.at(e).label.kind == Kind::kFetch)
    return "no acquire fence follows fetch " + c.text.Number(e);
  return c.text.Number(e) +
         (c.g.at(e).label.is_write() ? " is not a release" : " is not an acquire");
}

std::string Joined(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() ? a + b : a + " and " + b;
}

std::string Mended(const ExplainContext& c, EventId e, Need need) {
  if (need == Need::kNothing) return "";
  const std::string place = c.text.Place(e);
  if (c.g.at(e).label.kind == Kind::kFetch) return "an acquire fence after " + c.text.Number(e);
  return Wanted(c.g, e, need) + " at " + (place.empty() ? c.text.Number(e) : place);
}

}  // namespace

bool ExplainMissingOrder(const ExplainContext& c, EventId from, EventId to,
                         const std::string& would, Explanation& explanation) {
  const MissingOrder missing = FindMissingOrder(c.model, c.g, from, to);
  if (!missing.communicates) return false;
  std::string mend;
  for (const WeakEdge& edge : missing.weak) {
    explanation.weak.emplace_back(edge.write, edge.read);
    std::string why =
        Joined(Lacks(c, edge.write, edge.of_write), Lacks(c, edge.read, edge.of_read));
    explanation.sentences.push_back(c.text.Sentence(edge.read) + " reads from " +
                                    c.text.Sentence(edge.write) +
                                    " but does not synchronise with it: " + why + ".");
    mend = Joined(mend,
                  Joined(Mended(c, edge.write, edge.of_write), Mended(c, edge.read, edge.of_read)));
  }
  if (!mend.empty()) {
    mend[0] = 'A';
    explanation.sentences.push_back(mend + " " + would + ".");
  }
  return true;
}

}  // namespace heddle::model
