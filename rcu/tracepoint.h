// A tracepoint's probes: how does a callback never meet another one's data?
//
// An array of {function, data} is published by pointer.  With one probe the site calls its function
// directly, by a static call; with more, the iterator, which calls each.  So what is called is in
// the text, and the data with which it is called in the array: two words that no reader gets at
// once.
//
//   Hit (a reader, of whichever kind)       allowed: the iterator with any data,
//   H1 array (acquire); none: done                   a function with its own
//   H2 data = that of the array's first
//   H3 call(data), as the text says         the iterator ignores the data: it reads the array again
//
//   probes    Register, Unregister
//   0 -> 1    W1 wait for readers since 1 -> 0   T1 call the function       P publish the array
//   1 -> 2    T2 call the iterator               P
//   N -> N    P                                  S if the first's data changed: readers have old
//   2 -> 1    P, S                               W2 wait for S's readers    T3 call what remains
//   1 -> 0    T4 call the iterator               P none                     S readers have old data
//
//   W1, W2  or a reader that holds the old data calls the new function with it.
//   T2      before P: or a reader finds the new array's first, which may be a new one, and calls
//           the old function.
//   T3      after P and W2, T1 before P: the same the other way round.
//   T4      with T1 before P not needed, nor is that with T4; one of the two is.
//   S       at N -> N, too: after 3 -> 2 -> 1 a reader may still hold the data of the first array.
//
// P releases the array, H1 acquires it.  An old array is freed after a grace period.  Who
// unregisters a probe may free its data after Synchronize.  Unregister needs an array, but must not
// fail: without memory it puts a stub over the function.  So functions, alone, are read once.
//
// A static key around the site saves time: H0 asks it, K1 switches it on after P, K2 off before T4.
// It guards nothing, as H1 asks anyway, so its users need not be waited for.  What readers hits
// are, and whom Synchronize so waits for, is probe_readers.h's: the arrays are as safe as what the
// probes read.
//
// Deviations from Linux: old arrays are kept until the next wait instead of handed to a callback,
// and a wait is skipped if any has come since, instead of asked by cookie.
//
// Sources: Linux's kernel/tracepoint.c as its comments and commit 231264d6927f (2021) describe it.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>

#include "runtime/kernel.h"
#include "runtime/runtime.h"
#include "runtime/sync/words.h"

namespace heddle {

/// The protocol's steps, each of which a mutant drops in turn.
struct TracepointSteps {
  bool wait_at_0 = true;       ///< W1
  bool wait_at_2 = true;       ///< W2
  bool target_first = true;    ///< T1 before P
  bool iterator_first = true;  ///< T2 before P
  bool publish_first = true;   ///< P before W2
  bool iterator_at_0 = true;   ///< T4
  bool note_at_n = true;       ///< S also where more than one is left
  bool release_array = true;   ///< P
  bool acquire_array = true;   ///< H1
  bool ask_array = true;       ///< H1: there may be none
  bool key_on_last = true;     ///< K1 after P
  bool key_off_first = true;   ///< K2 before P
  bool own_data = true;        ///< the iterator calls each with its own data
  bool stub = true;            ///< without memory; false: nothing is changed
  bool keep_arrays = true;     ///< false: freed at once
  // No steps, but what there is of memory.
  bool fail_register = true;    ///< false: there is memory, for smaller searches
  bool fail_unregister = true;  ///< likewise

  constexpr TracepointSteps WithMemory(bool unregister = true) const {
    TracepointSteps steps = *this;
    steps.fail_register = false;
    steps.fail_unregister = !unregister;
    return steps;
  }
};

/// What a site calls: Set(target), Fetch(); and its key: Switch(on), IsOn().  Here as a variable,
/// which is weaker than text: nobody waits until each CPU sees it; and without a key.
template <Runtime Rt>
class VariableSite {
 public:
  void Set(int target) { kernel::write_once(target_, target); }
  int Fetch() { return kernel::read_once(target_); }
  void Switch(bool) {}
  bool IsOn() const { return true; }

 private:
  typename Rt::template Atomic<int> target_{0, "target"};
};

/// At most `kMost` probes, whose functions are told by number, from 1.  One updater at a time, who
/// is `cpu` 0 and in no reader.  `Readers` as in probe_readers.h.
template <Runtime Rt, typename Site, typename Readers, typename Data, int kMost,
          TracepointSteps kSteps = TracepointSteps{}>
class Tracepoint {
 public:
  using Here = SourceLocation;
  static constexpr int kIterator = 0;

  Tracepoint(Site& site, Readers& readers) : site_(site), readers_(readers) {}

  /// call(function, data) for each probe.
  template <typename F>
  void Hit(int cpu, F call, Here at = Here::Current()) {
    readers_.Hit(
        cpu, [&] { Call(call); }, at);
  }
  /// The same, of a site in idle code.
  template <typename F>
  void HitInIdleCode(int cpu, F call, Here at = Here::Current()) {
    readers_.HitInIdleCode(
        cpu, [&] { Call(call); }, at);
  }

  /// False, and nothing has changed: there is no memory.
  [[nodiscard]] bool Register(int function, Data* data, bool first = false,
                              Here at = Here::Current()) {
    Array* const old = Own();
    if (Has(old, function)) {
      Misuse("registers probe " + std::to_string(function) + ", which is registered already", at);
      return false;
    }
    Array* const array = New(kSteps.fail_register);
    if (array == nullptr) return false;
    if (first) array->Add(function, data);
    CopyAllBut(0, old, *array);
    if (!first) array->Add(function, data);
    if (old == nullptr) {
      if (kSteps.wait_at_0 && data_at_0_.load()) Synchronize();  // W1
      if constexpr (kSteps.target_first) site_.Set(function);    // T1
      if constexpr (!kSteps.key_on_last) site_.Switch(true);
      Publish(array);  // P
      if constexpr (!kSteps.target_first) site_.Set(function);
      if constexpr (kSteps.key_on_last) site_.Switch(true);  // K1
    } else {
      if (kSteps.iterator_first && old->size.load() == 1) site_.Set(kIterator);  // T2
      Publish(array);                                                            // P
      if (!kSteps.iterator_first && old->size.load() == 1) site_.Set(kIterator);
      if constexpr (kSteps.note_at_n) NoteIfChanged(old, array);  // S
      Retire(old);
    }
    return true;
  }

  void Unregister(int function, Here at = Here::Current()) {
    Array* const old = Own();
    if (!Has(old, function))
      return Misuse("unregisters probe " + std::to_string(function) + ", which is not registered",
                    at);
    int left = 0;
    for (int i = 0; i < old->size.load(); ++i) left += IsLeft(*old, i, function);
    if (left == 0) {
      if constexpr (kSteps.key_off_first) site_.Switch(false);   // K2
      if constexpr (kSteps.iterator_at_0) site_.Set(kIterator);  // T4
      Publish(nullptr);                                          // P
      if constexpr (!kSteps.key_off_first) site_.Switch(false);
      data_at_0_.store(true);  // S
    } else {
      Array* const array = New(kSteps.fail_unregister);
      if (array == nullptr) return PutStub(*old, function);
      CopyAllBut(function, old, *array);
      if constexpr (kSteps.publish_first) Publish(array);            // P
      if (kSteps.note_at_n || left == 1) NoteIfChanged(old, array);  // S
      if (left == 1) {
        if (kSteps.wait_at_2 && data_at_n_.load()) Synchronize();  // W2
        if constexpr (kSteps.publish_first)
          site_.Set(kernel::read_once(array->functions[0]));  // T3
      }
      if constexpr (!kSteps.publish_first) {
        Publish(array);
        if (left == 1) site_.Set(kernel::read_once(array->functions[0]));
      }
    }
    Retire(old);
  }

  /// Returns when nobody calls any more, or with the data of, what was unregistered before.
  void Synchronize() {
    readers_.Synchronize(0);
    Free();
    data_at_0_.store(false);
    data_at_n_.store(false);
  }

  /// Nobody hits it any more, nor changes it.
  void Clear() {
    Free();
    Rt::destroy(Own());
  }

 private:
  static constexpr int kStub = -1;
  static constexpr auto kRelaxed = std::memory_order_relaxed;

  template <typename T>
  using Plain = typename Rt::template Plain<T>;
  struct Array {
    void Add(int function, Data* with) {
      const int at = size.load();
      kernel::write_once(functions[static_cast<std::size_t>(at)], function);
      data[static_cast<std::size_t>(at)].store(with);
      size.store(at + 1);
    }
    typename Rt::template Array<typename Rt::template Atomic<int>, kMost> functions{0, "function"};
    typename Rt::template Array<Plain<Data*>, kMost> data{static_cast<Data*>(nullptr), "data"};
    Plain<int> size{0, "size"};
  };

  template <typename F>
  void Call(F& call) {
    if (!site_.IsOn()) return;       // H0
    Array* const array = Current();  // H1
    if constexpr (!kSteps.ask_array) Rt::check(array != nullptr, "a reader finds no array");
    if (array == nullptr) return;
    Data* const data = array->data[0].load();  // H2
    const int target = site_.Fetch();          // H3
    if (target == kIterator) {
      Iterate(data, call);
    } else {
      call(target, data);
    }
  }
  template <typename F>
  void Iterate([[maybe_unused]] Data* passed, F& call) {
    Array* const array = Current();
    if (array == nullptr) return;
    for (int i = 0; i < array->size.load(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      const int function = kernel::read_once(array->functions[at]);
      if (function != kStub) call(function, kSteps.own_data ? array->data[at].load() : passed);
    }
  }

  static bool Has(Array* array, int function) {
    for (int i = 0; array != nullptr && i < array->size.load(); ++i)
      if (kernel::read_once(array->functions[static_cast<std::size_t>(i)]) == function) return true;
    return false;
  }
  void Misuse(const std::string& what, Here at) {
    Rt::report(Fault::kMisuse, sync::Me<Rt>() + " " + what, at);
  }

  static bool IsLeft(Array& array, int i, int without) {
    const int function = kernel::read_once(array.functions[static_cast<std::size_t>(i)]);
    return function != kStub && function != without;
  }
  static void CopyAllBut(int without, Array* from, Array& to) {
    for (int i = 0; from != nullptr && i < from->size.load(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (IsLeft(*from, i, without))
        to.Add(kernel::read_once(from->functions[at]), from->data[at].load());
    }
  }
  void PutStub(Array& array, int function) {
    for (int i = 0; kSteps.stub && i < array.size.load(); ++i) {
      auto& cell = array.functions[static_cast<std::size_t>(i)];
      if (kernel::read_once(cell) == function) kernel::write_once(cell, kStub);
    }
  }
  void NoteIfChanged(Array* old, Array* array) {
    if (old->data[0].load() != array->data[0].load()) data_at_n_.store(true);
  }

  static Array* New(bool may_fail) {
    return may_fail ? Rt::template try_make<Array>() : Rt::template make<Array>();
  }
  void Publish(Array* array) {
    array_.store(array, kSteps.release_array ? std::memory_order_release : kRelaxed);
  }
  Array* Current() {
    return array_.load(kSteps.acquire_array ? std::memory_order_acquire : kRelaxed);
  }
  Array* Own() { return array_.load(kRelaxed); }
  void Retire(Array* old) {
    if constexpr (!kSteps.keep_arrays) return Rt::destroy(old);
    if (retired_.load() == kMostRetired) Synchronize();
    const int at = retired_.load();
    old_[static_cast<std::size_t>(at)].store(old);
    retired_.store(at + 1);
  }
  void Free() {
    for (int i = 0; i < retired_.load(); ++i) Rt::destroy(old_[static_cast<std::size_t>(i)].load());
    retired_.store(0);
  }

  // As many as the longest script of scenarios retires before it waits of itself (three probes come
  // and two go: tracepoint_321).  With fewer a wait for room would come earlier, which is as safe,
  // and hide for a while that W1 or W2 is missing.
  static constexpr int kMostRetired = 4;
  Site& site_;
  Readers& readers_;
  typename Rt::template Atomic<Array*> array_{nullptr, "array"};
  // The updater's.
  Plain<bool> data_at_0_{false, "old data at 0"}, data_at_n_{false, "old data at N"};
  Plain<int> retired_{0, "retired"};
  typename Rt::template Array<Plain<Array*>, kMostRetired> old_{static_cast<Array*>(nullptr),
                                                                "old array"};
};

}  // namespace heddle
