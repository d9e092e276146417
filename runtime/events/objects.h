// How does code under test index arrays, and make and destroy objects?
#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include "model/program.h"
#include "runtime/array.h"
#include "runtime/source_location.h"

namespace heddle::events {

/// `Backend::Current()` has Keep(text), Fail(kind, message, at) and is_abandoning().
template <typename Backend>
struct Bounds {
  static const char* NameOf(const char* array, std::size_t i) {
    return Backend::Current().Keep(std::string(array) + "[" + std::to_string(i) + "]");
  }
  static std::size_t Check(const char* array, std::size_t i, std::size_t size, SourceLocation at) {
    if (i < size) return i;
    if (Backend::Current().is_abandoning()) return 0;
    Backend::Current().Fail(model::ErrorKind::kOutOfBounds,
                            "index out of bounds: '" + std::string(array) + "' has " +
                                std::to_string(size) + " elements and none with index " +
                                std::to_string(static_cast<std::int64_t>(i)) +
                                "; make it larger, or check the index first",
                            at);
    return 0;
  }
};

/// The part of a runtime that allocates.  There is one function for each number of arguments, as
/// the place in the source has to come last; of objects with four or more it is not known.
///
/// `Backend::Current()` has Allocate, EndAllocation, TakeBack, Destroy, AllowLeak and Choose.
template <typename Backend>
struct Objects {
  using Here = SourceLocation;

  template <typename Cell, std::size_t N>
  using Array = BoundedArray<Cell, N, Bounds<Backend>>;

  template <typename T>
  static T* make(Here at = Here::Current()) {
    return MakeAt<T>(at);
  }
  template <typename T, typename A>
  static T* make(A&& a, Here at = Here::Current()) {
    return MakeAt<T>(at, std::forward<A>(a));
  }
  template <typename T, typename A, typename B>
  static T* make(A&& a, B&& b, Here at = Here::Current()) {
    return MakeAt<T>(at, std::forward<A>(a), std::forward<B>(b));
  }
  template <typename T, typename A, typename B, typename C>
  static T* make(A&& a, B&& b, C&& c, Here at = Here::Current()) {
    return MakeAt<T>(at, std::forward<A>(a), std::forward<B>(b), std::forward<C>(c));
  }
  template <typename T, typename A, typename B, typename C, typename D, typename... Args>
  static T* make(A&& a, B&& b, C&& c, D&& d, Args&&... args) {
    return MakeAt<T>({}, std::forward<A>(a), std::forward<B>(b), std::forward<C>(c),
                     std::forward<D>(d), std::forward<Args>(args)...);
  }

  /// One alternative of a choice is that there is no memory.
  template <typename T>
  static T* try_make(Here at = Here::Current()) {
    return Fails(at) ? nullptr : MakeAt<T>(at);
  }
  template <typename T, typename A>
  static T* try_make(A&& a, Here at = Here::Current()) {
    return Fails(at) ? nullptr : MakeAt<T>(at, std::forward<A>(a));
  }
  template <typename T, typename A, typename B>
  static T* try_make(A&& a, B&& b, Here at = Here::Current()) {
    return Fails(at) ? nullptr : MakeAt<T>(at, std::forward<A>(a), std::forward<B>(b));
  }
  template <typename T, typename A, typename B, typename C, typename... Args>
  static T* try_make(A&& a, B&& b, C&& c, Args&&... args) {
    return Fails({}) ? nullptr
                     : MakeAt<T>({}, std::forward<A>(a), std::forward<B>(b), std::forward<C>(c),
                                 std::forward<Args>(args)...);
  }

  template <typename T>
  static void destroy(T* p, Here at = Here::Current()) {
    if (p != nullptr) Backend::Current().Destroy(const_cast<std::remove_cv_t<T>*>(p), at);
  }
  static void leak_ok(const void* p) { Backend::Current().AllowLeak(p); }

 private:
  static bool Fails(Here at) { return Backend::Current().Choose(2, at) == 1; }
  template <typename T, typename... Args>
  static T* MakeAt(Here at, Args&&... args) {
    auto& backend = Backend::Current();
    void* const place = backend.Allocate(sizeof(T), alignof(T), at);
    try {
      T* const p = new (place) T(std::forward<Args>(args)...);
      backend.EndAllocation(p, kDestructorOf<T>);
      return p;
    } catch (...) {
      backend.TakeBack(place, at);
      throw;
    }
  }
  template <typename T>
  static constexpr auto kDestructorOf = [] {
    void (*destructor)(void*) = nullptr;
    if constexpr (!std::is_trivially_destructible_v<T>)
      destructor = [](void* p) { static_cast<T*>(p)->~T(); };
    return destructor;
  }();
};

}  // namespace heddle::events
