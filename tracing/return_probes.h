// How does a function's return lead to a tracer, and not into the tracer's own lock?
//
// The probe at a function's entry puts its return address aside, in a table under a lock, and makes
// the function return to a trampoline.  That looks the address up, under the lock, and goes there.
//
//     Hit, at the entry                  Return, in the trampoline
//     H1 busy? then missed               R1 busy = 1
//     H2 busy = 1                        R2 lock; take the address; unlock
//     H3 lock; put it aside; unlock      R3 busy = 0
//     H4 busy = 0
//
// What runs between R1 and R3 may be probed, too, and so may be what an interrupt runs there.  It
// must not wait for the lock that its own CPU holds; so busy, one for each CPU, says that probes
// are only counted now.  Whoever comes between H1 and H2 leaves busy as it was.
//
//   R1, H2    before the lock, R3 and H4 after it: an NMI is not masked by a lock.
//   R1        The trampoline is no probe, so nothing else says that one is running (in the kernel,
//             it sets a dummy as the CPU's current probe).
//   H1        A call that is missed returns as it does without a probe.  A return is never missed:
//             busy is 0 there, as whoever set it has come to its end.
//
// Preemption is off from H1 to H4 and from R1 to R3: a thread here is a CPU.
//
// Sources: Linux's Documentation/trace/kprobes.rst, "How Does a Return Probe Work?"; commit
// b191fa96ea6d (2019).
#pragma once

#include <cstddef>
#include <string>

#include "runtime/kernel.h"
#include "runtime/runtime.h"
#include "runtime/sync/mutex.h"

namespace heddle {

/// The mechanism's steps, each of which a mutant drops in turn.
struct ReturnProbeSteps {
  bool test_busy = true;          ///< H1
  bool busy_hit = true;           ///< H2, H4
  bool busy_return = true;        ///< R1, R3
  bool busy_before_lock = true;   ///< R1 before R2's lock
  bool busy_until_unlock = true;  ///< R3 after R2's unlock
  bool lock = true;               ///< H3, R2
};

/// Of `kCpus` CPUs, which share one table, as tasks whose hash is the same do; at most `kCapacity`
/// probed functions are active at once.  `Address` fits into a cell.
template <Runtime Rt, std::size_t kCpus, std::size_t kCapacity, typename Address,
          ReturnProbeSteps kSteps = ReturnProbeSteps{}>
class ReturnProbes {
 public:
  using Here = SourceLocation;

  /// Whether the function is to return to the trampoline; else the probe was missed.
  [[nodiscard]] bool Hit(std::size_t cpu, Address address) {
    if (kSteps.test_busy && kernel::read_once(busy_[cpu]) != 0) return false;  // H1
    if constexpr (kSteps.busy_hit) kernel::write_once(busy_[cpu], 1);          // H2
    Lock();                                                                    // H3
    const std::size_t used = used_.load();
    owners_[used].store(cpu);
    addresses_[used].store(address);
    used_.store(used + 1);
    Unlock();
    if constexpr (kSteps.busy_hit) kernel::write_once(busy_[cpu], 0);  // H4
    return true;
  }
  /// The trampoline: where the innermost function that was hit on `cpu` returns to.  `amid()`: what
  /// is called under the lock.
  template <typename F>
  Address Return(std::size_t cpu, F amid, Here at = Here::Current()) {
    if constexpr (kSteps.busy_before_lock) SetBusy(cpu, 1);  // R1
    Lock();                                                  // R2
    if constexpr (!kSteps.busy_before_lock) SetBusy(cpu, 1);
    amid();
    const Address address = Take(cpu, at);
    if constexpr (!kSteps.busy_until_unlock) SetBusy(cpu, 0);
    Unlock();
    if constexpr (kSteps.busy_until_unlock) SetBusy(cpu, 0);  // R3
    return address;
  }

 private:
  template <typename T>
  using Plain = typename Rt::template Plain<T>;

  Address Take(std::size_t cpu, Here at) {
    const std::size_t used = used_.load();
    std::size_t i = used;
    while (i > 0 && owners_[i - 1].load() != cpu) --i;
    if (i == 0) {
      Rt::report(Fault::kMisuse,
                 "CPU " + std::to_string(cpu) + " returns from a function that was not hit", at);
      return {};
    }
    const Address address = addresses_[i - 1].load();
    for (; i < used; ++i) {  // the others' move up
      owners_[i - 1].store(owners_[i].load());
      addresses_[i - 1].store(addresses_[i].load());
    }
    used_.store(used - 1);
    return address;
  }
  void SetBusy(std::size_t cpu, int busy) {
    if constexpr (kSteps.busy_return) kernel::write_once(busy_[cpu], busy);
  }
  void Lock() {
    if constexpr (kSteps.lock) lock_.lock();
  }
  void Unlock() {
    if constexpr (kSteps.lock) lock_.unlock();
  }

  sync::Mutex<Rt> lock_{"table"};
  // All CPUs' entries, the oldest first.
  Plain<std::size_t> used_{std::size_t{0}, "used"};
  typename Rt::template Array<Plain<std::size_t>, kCapacity> owners_{std::size_t{0}, "owner"};
  typename Rt::template Array<Plain<Address>, kCapacity> addresses_{Address{}, "return address"};
  typename Rt::template Array<typename Rt::template Atomic<int>, kCpus> busy_{0, "busy"};
};

}  // namespace heddle
