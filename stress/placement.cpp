#include "stress/placement.h"

#include <hwloc.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <type_traits>
#include <utility>

#include "runtime/native/thread_context.h"

namespace heddle::stress {
namespace {

struct Destroy {
  void operator()(hwloc_topology_t topology) const { hwloc_topology_destroy(topology); }
};
using Handle = std::unique_ptr<std::remove_pointer_t<hwloc_topology_t>, Destroy>;

// Null where hwloc cannot tell, in sandboxes without /sys.
Handle Load() {
  hwloc_topology_t topology = nullptr;
  if (hwloc_topology_init(&topology) != 0) return {};
  Handle handle(topology);
  return hwloc_topology_load(topology) == 0 ? std::move(handle) : Handle();
}

Sharing SharingOf(hwloc_topology_t topology, hwloc_obj_t a, hwloc_obj_t b) {
  for (hwloc_obj_t o = hwloc_get_common_ancestor_obj(topology, a, b); o != nullptr; o = o->parent) {
    // Caches shared by several cores are ancestors of cores; the closest one names the class.
    switch (o->type) {
      case HWLOC_OBJ_PU:
        return Sharing::kCpu;
      case HWLOC_OBJ_CORE:
      case HWLOC_OBJ_L1CACHE:
        return Sharing::kCore;
      case HWLOC_OBJ_L2CACHE:
        return Sharing::kL2;
      case HWLOC_OBJ_L3CACHE:
      case HWLOC_OBJ_L4CACHE:
        return Sharing::kL3;
      case HWLOC_OBJ_PACKAGE:
        return Sharing::kPackage;
      default:
        break;  // a NUMA node or group: what is around it
    }
  }
  return Sharing::kMachine;
}

template <typename T>
void Shuffle(std::vector<T>& all, native::Random& random) {
  for (std::size_t i = all.size(); i > 1; --i)
    std::swap(all[i - 1], all[static_cast<std::size_t>(random.Below(static_cast<int>(i)))]);
}

}  // namespace

std::string_view Name(Sharing sharing) {
  constexpr std::array<std::string_view, kAllSharings.size()> kNames = {
      "one CPU", "one core", "one L2", "one L3", "one package", "across packages"};
  return kNames[static_cast<std::size_t>(sharing)];
}

std::optional<Sharing> SharingNamed(std::string_view name) {
  for (const Sharing sharing : kAllSharings)
    if (Name(sharing) == name) return sharing;
  return std::nullopt;
}

std::vector<int> MoveTo(Sharing sharing, const std::vector<int>& cpus) {
  return sharing == Sharing::kCpu ? std::vector<int>() : cpus;
}

Topology::Topology(std::vector<int> cpus) : cpus_(std::move(cpus)) {
  const Handle topology = Load();
  std::vector<hwloc_obj_t> units;
  for (const int cpu : cpus_) {
    units.push_back(topology != nullptr
                        ? hwloc_get_pu_obj_by_os_index(topology.get(), static_cast<unsigned>(cpu))
                        : nullptr);
  }
  for (const hwloc_obj_t a : units) {
    auto& row = sharing_.emplace_back();
    for (const hwloc_obj_t b : units)
      row.push_back(a == nullptr || b == nullptr ? Sharing::kMachine
                                                 : SharingOf(topology.get(), a, b));
  }
}

Topology::Topology(std::vector<int> cpus, std::vector<std::vector<Sharing>> sharing)
    : cpus_(std::move(cpus)), sharing_(std::move(sharing)) {}

std::vector<Sharing> Topology::Classes() const {
  std::vector<Sharing> classes;
  for (const Sharing sharing : kAllSharings) {
    if (sharing == Sharing::kCpu) continue;
    bool any = false;
    for (std::size_t a = 0; a < cpus_.size(); ++a)
      for (std::size_t b = 0; b < a; ++b) any = any || sharing_[a][b] == sharing;
    if (any) classes.push_back(sharing);
  }
  classes.push_back(Sharing::kCpu);
  return classes;
}

std::optional<Placement> Topology::Place(Sharing sharing, int threads, std::uint64_t seed) const {
  native::Random random(seed);
  const auto wanted = static_cast<std::size_t>(threads);
  std::vector<std::size_t> order(cpus_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  Shuffle(order, random);
  if (sharing == Sharing::kCpu)
    return Placement{sharing, std::vector<int>(wanted, cpus_[order.front()])};

  std::vector<bool> used(cpus_.size());
  std::vector<int> placed;
  const auto take = [&](std::size_t i) {
    used[i] = true;
    placed.push_back(cpus_[i]);
  };
  for (std::size_t i = 0; i < order.size() && placed.size() < wanted; ++i) {
    const std::size_t a = order[i];
    if (used[a]) continue;
    const auto b = std::find_if(order.begin(), order.end(), [&](std::size_t c) {
      return c != a && !used[c] && sharing_[a][c] == sharing;
    });
    if (b == order.end()) continue;
    take(a);
    take(*b);
  }
  if (placed.empty()) return std::nullopt;
  for (const std::size_t i : order)
    if (!used[i] && placed.size() < wanted) take(i);
  for (std::size_t i = 0; placed.size() < wanted; ++i) placed.push_back(placed[i]);
  placed.resize(wanted);
  return Placement{sharing, placed};
}

}  // namespace heddle::stress
