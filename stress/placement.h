// Which threads of a run share which caches?
//
// What two CPUs share decides how long a store is on its way from one to the other, and so which
// outcomes are seen at all.  So runs take turns among the classes that the machine has.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::stress {

/// What two CPUs have in common, closest first.
enum class Sharing { kCpu, kCore, kL2, kL3, kPackage, kMachine };
inline constexpr std::array kAllSharings = {Sharing::kCpu, Sharing::kCore,    Sharing::kL2,
                                            Sharing::kL3,  Sharing::kPackage, Sharing::kMachine};

/// "one CPU", "one core", "one L2", "one L3", "one package", "across packages".
std::string_view Name(Sharing sharing);
/// The other way round; nothing if it is the name of none.
std::optional<Sharing> SharingNamed(std::string_view name);

/// Threads 0 and 1, 2 and 3, … are neighbours that share just this much.
struct Placement {
  Sharing sharing = Sharing::kMachine;
  std::vector<int> cpus;  ///< thread i runs on cpus[i]
};

/// Where threads of a torture may be moved to for a while: anywhere, but not if they are to take
/// turns on one CPU.  Empty: nowhere but among their own.
std::vector<int> MoveTo(Sharing sharing, const std::vector<int>& cpus);

class Topology {
 public:
  /// Of this machine, by hwloc; only these CPUs count.  Where hwloc cannot tell, CPUs share
  /// nothing.
  explicit Topology(std::vector<int> cpus);
  /// For tests: `sharing[i][j]` is what cpus[i] and cpus[j] share, symmetric.
  Topology(std::vector<int> cpus, std::vector<std::vector<Sharing>> sharing);

  const std::vector<int>& cpus() const { return cpus_; }
  /// The classes of which there is a pair of CPUs, closest first; with kCpu, where threads take
  /// turns, last, and alone if there is one CPU only.
  std::vector<Sharing> Classes() const;
  /// So many threads on distinct CPUs as far as there are enough: neighbours that share just
  /// `sharing`, drawn by `seed`; the rest, where pairs run out, anywhere.  Nothing if there is no
  /// such pair.
  std::optional<Placement> Place(Sharing sharing, int threads, std::uint64_t seed) const;

 private:
  std::vector<int> cpus_;
  std::vector<std::vector<Sharing>> sharing_;
};

}  // namespace heddle::stress
