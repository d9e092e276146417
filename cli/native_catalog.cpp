#include "cli/native_catalog.h"

namespace heddle::cli {
namespace {

// In functions: objects that register may be made before any variable here.
std::vector<ListNative>& ListsOfScenarios() {
  static std::vector<ListNative> lists;
  return lists;
}
std::vector<ListNative>& ListsOfMutants() {
  static std::vector<ListNative> lists;
  return lists;
}

std::vector<NativeSubject> Joined(const std::vector<ListNative>& lists) {
  std::vector<NativeSubject> all;
  for (const ListNative list : lists)
    for (NativeSubject& subject : list()) all.push_back(std::move(subject));
  return all;
}

}  // namespace

RegisterNativeScenarios::RegisterNativeScenarios(ListNative list) {
  ListsOfScenarios().push_back(list);
}
RegisterNativeMutants::RegisterNativeMutants(ListNative list) { ListsOfMutants().push_back(list); }

const std::vector<NativeSubject>& NativeScenarios() {
  static const auto all = Joined(ListsOfScenarios());
  return all;
}

const std::vector<NativeSubject>& NativeMutants() {
  static const auto all = Joined(ListsOfMutants());
  return all;
}

}  // namespace heddle::cli
