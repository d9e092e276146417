#include "model/memory_model.h"

#include <algorithm>

namespace heddle::model {

const std::vector<const MemoryModel*>& AllModels() {
  static const std::vector<const MemoryModel*> models{&Sc(), &Tso(), &Rc11()};
  return models;
}

const std::vector<const MemoryModel*>& Arm64Models() {
  static const std::vector<const MemoryModel*> models{&Arm64(), &Arm64Idc(), &Arm64IdcDic()};
  return models;
}

bool IsArm64(const MemoryModel& model) { return std::ranges::count(Arm64Models(), &model) != 0; }

const MemoryModel* FindModel(std::string_view name) {
  for (const auto* models : {&AllModels(), &Arm64Models()})
    for (const MemoryModel* model : *models)
      if (model->name == name) return model;
  return nullptr;
}

bool IsConsistent(const MemoryModel& model, const ExecutionGraph& g) {
  return std::ranges::all_of(model.check(g), &AxiomResult::holds);
}

std::vector<EventId> FindRace(const MemoryModel& model, const ExecutionGraph& g) {
  const GraphIndex index(g);
  // An instruction fetch is never plain, whatever its label says: staleness is its own rule.
  const auto is_plain = [](const Label& l) {
    return l.kind != Kind::kFetch && l.order == Order::kPlain;
  };
  const auto is_access = [](const Label& l) { return l.is_read() || l.is_write(); };
  const auto conflict = [&](const Label& a, const Label& b) {
    return is_access(a) && is_access(b) && a.location == b.location &&
           (a.is_write() || b.is_write()) && (is_plain(a) || is_plain(b));
  };
  const Relation hb = model.happens_before(g);
  for (int a = 0; a < index.size(); ++a)
    for (int b = a + 1; b < index.size(); ++b)
      if (conflict(index.event(a).label, index.event(b).label) && !hb.Has(a, b) && !hb.Has(b, a) &&
          !index.id(a).is_init())
        return {index.id(a), index.id(b)};
  return {};
}

}  // namespace heddle::model
