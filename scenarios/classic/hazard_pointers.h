// hazard_pointers: may an object be freed while readers look at it without a lock?
//
//     Reader                                     Writer
//     H1 p = current                             W1 old = exchange(current, new)
//     H2 hazard = p                              W2 fence (seq_cst)
//     H3 fence (seq_cst)                         W3 for every retired object: unless a hazard
//     H4 p' = current; if p' != p: p = p', H2       pointer shows it, free it
//     H5 use *p
//     H6 hazard = null (release)
//
// H3 and W2 are SB's two fences: either W3 sees the hazard pointer, or H4 sees that the object is
// gone.  H4 acquires what W1 released: the object's content.  H6 and H2 release, and W3 acquires:
// whoever no longer finds an object in a hazard pointer comes after its last use.
// Source: M. M. Michael, "Hazard Pointers: Safe Memory Reclamation for Lock-Free Objects", IEEE
// TPDS 15(6), 2004.  Here the writer scans after every retirement instead of after many.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"

namespace heddle {

struct HazardSteps {
  bool fence_after_hazard = true;                         ///< H3
  bool revalidate = true;                                 ///< H4
  std::memory_order replace = std::memory_order_release;  ///< H2, over an earlier hazard pointer
  std::memory_order clear = std::memory_order_release;    ///< H6
  bool fence_before_scan = true;                          ///< W2
  bool scan = true;                                       ///< W3
};

template <Runtime Rt, HazardSteps kSteps = HazardSteps{}>
class HazardPointersProgram {
 public:
  void Thread(int cpu) {
    if (cpu == 0) {
      for (int value = 1; value <= 3; ++value) Replace(Rt::template make<Node>(value));
    } else {
      for (Observation& seen : seen_) Rt::observe(seen, Read());
    }
  }
  void Finish() {
    for (Node* node : retired_) Rt::destroy(node);
    Rt::destroy(current_.load(std::memory_order_relaxed));
  }
  std::array<Observation, 2> Observed() const { return seen_; }

 private:
  struct Node {
    explicit Node(int v) : value(v, "value") {}
    typename Rt::template Plain<int> value;
  };

  int Read() {
    Node* node = current_.load(std::memory_order_acquire);  // H1
    for (;;) {
      hazard_.store(node, kSteps.replace);                                            // H2
      if constexpr (kSteps.fence_after_hazard) Rt::fence(std::memory_order_seq_cst);  // H3
      if constexpr (!kSteps.revalidate) break;
      Node* const now = current_.load(std::memory_order_acquire);  // H4
      if (now == node) break;
      node = now;
    }
    const int value = node != nullptr ? node->value.load() : 0;  // H5
    hazard_.store(nullptr, kSteps.clear);                        // H6
    return value;
  }

  void Replace(Node* node) {
    Node* const old = current_.exchange(node, std::memory_order_acq_rel);  // W1
    if (old == nullptr) return;
    retired_[retired_[0] != nullptr ? 1 : 0] = old;
    if constexpr (kSteps.fence_before_scan) Rt::fence(std::memory_order_seq_cst);  // W2
    for (Node*& retired : retired_) {                                              // W3
      if (retired == nullptr) continue;
      if (kSteps.scan && hazard_.load(std::memory_order_acquire) == retired) continue;
      Rt::destroy(retired);
      retired = nullptr;
    }
  }

  typename Rt::template Atomic<Node*> current_{nullptr, "current"}, hazard_{nullptr, "hazard"};
  std::array<Node*, 2> retired_{};  // the writer's
  std::array<Observation, 2> seen_{{{"first"}, {"second"}}};
};

struct HazardPointers {
  static constexpr std::string_view kName = "hazard_pointers";
  static constexpr std::string_view kQuestion =
      "may an object be freed while readers look at it without a lock?";
  static constexpr std::string_view kSource = "Michael, TPDS 15(6), 2004";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = HazardPointersProgram<Rt>;

  static std::vector<Expect> Expected() {
    using namespace classic;
    std::vector<Expect> rows;
    for (int first = 0; first <= 3; ++first) {
      for (int second = 0; second <= 3; ++second) {
        rows.push_back(second >= first
                           ? Always({first, second}, "two versions, in the order of the writer")
                           : Never({first, second}, "the second read went back in time"));
      }
    }
    return rows;
  }

  struct NoFence {
    static constexpr std::string_view kName = "no-fence";
    static constexpr std::string_view kWhat = "H3 dropped";
    static constexpr std::string_view kSource = "Michael, TPDS 15(6), 2004";
    template <Runtime Rt>
    using Program = HazardPointersProgram<Rt, HazardSteps{.fence_after_hazard = false}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::UnlessSc(model, "use after free",
                               "H4 overtakes H2: the scan came before the hazard pointer");
    }
  };
  struct NoRevalidation {
    static constexpr std::string_view kName = "no-revalidation";
    static constexpr std::string_view kWhat = "H4 dropped";
    static constexpr std::string_view kSource = "Michael, TPDS 15(6), 2004";
    template <Runtime Rt>
    using Program = HazardPointersProgram<Rt, HazardSteps{.revalidate = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("use after free",
                                 "the object is retired and scanned for between H1 and H2");
    }
  };
  struct RelaxedReplacement {
    static constexpr std::string_view kName = "relaxed-replacement";
    static constexpr std::string_view kWhat = "H2 is relaxed";
    template <Runtime Rt>
    using Program = HazardPointersProgram<Rt, HazardSteps{.replace = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "use after free",
                               "a scan that reads the second hazard pointer is not ordered after "
                               "the use under the first: H6's release is overwritten");
    }
  };
  struct RelaxedClear {
    static constexpr std::string_view kName = "relaxed-clear";
    static constexpr std::string_view kWhat = "H6 is relaxed";
    template <Runtime Rt>
    using Program = HazardPointersProgram<Rt, HazardSteps{.clear = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "use after free", "the use may come after H6");
    }
  };
  struct NoScanFence {
    static constexpr std::string_view kName = "no-scan-fence";
    static constexpr std::string_view kWhat = "W2 dropped";
    template <Runtime Rt>
    using Program = HazardPointersProgram<Rt, HazardSteps{.fence_before_scan = false}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model != "rc11") return {"", "W1 is an RMW: under this model a full fence"};
      return {"use after free", "W3 may miss a hazard pointer although H4 misses W1"};
    }
  };
  struct NoScan {
    static constexpr std::string_view kName = "no-scan";
    static constexpr std::string_view kWhat = "W3 frees without a look at the hazard pointers";
    template <Runtime Rt>
    using Program = HazardPointersProgram<Rt, HazardSteps{.scan = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("use after free", "the reader is at H5");
    }
  };
  using Mutants =
      TypeList<NoFence, NoRevalidation, RelaxedReplacement, RelaxedClear, NoScanFence, NoScan>;
};

}  // namespace heddle
