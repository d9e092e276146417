#include "runtime/check/subject.h"

namespace heddle {

bool Applies(const model::MemoryModel& model, const Subject& subject) {
  return !subject.isa || IsArm64(model) == (*subject.isa == Isa::kArm64);
}

const std::vector<const model::MemoryModel*>& UsualModels(const Subject& subject) {
  return subject.isa == Isa::kArm64 ? model::Arm64Models() : model::AllModels();
}

std::string_view TableModel(const Subject& subject, const model::MemoryModel& model) {
  return IsArm64(model) && subject.isa != Isa::kArm64 ? model::Rc11().name : model.name;
}

const char* Name(TrapDelivery delivery) {
  return delivery == TrapDelivery::kKernel ? "kernel" : "user";
}

bool MatchesGlob(std::string_view glob, std::string_view name) {
  if (glob.empty()) return name.empty();
  if (glob[0] == '*')
    return MatchesGlob(glob.substr(1), name) ||
           (!name.empty() && MatchesGlob(glob, name.substr(1)));
  return !name.empty() && (glob[0] == '?' || glob[0] == name[0]) &&
         MatchesGlob(glob.substr(1), name.substr(1));
}

}  // namespace heddle
