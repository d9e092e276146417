// Do the native backend's arrays and allocations do what runtime.h promises?
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "runtime/native/native_runtime.h"

namespace heddle {
namespace {

using Rt = NativeRuntime;

TEST(NativeArray, HasElementsAndChecksIndices) {
  native::BeginRun();
  Rt::Array<Rt::Atomic<int>, 3> array{7, "array"};
  EXPECT_EQ(array.size(), 3u);
  array[2].store(1, std::memory_order_relaxed);
  EXPECT_EQ(array[0].load(std::memory_order_relaxed), 7);
  EXPECT_EQ(array[2].load(std::memory_order_relaxed), 1);
  EXPECT_FALSE(native::FirstFailure().has_value());
  int index = 3;
  EXPECT_THROW(array[index].store(1, std::memory_order_relaxed), native::Abandoned);
  ASSERT_TRUE(native::FirstFailure().has_value());
  EXPECT_STREQ(native::FirstFailure()->why, "index out of bounds");
  EXPECT_STREQ(native::FirstFailure()->detail, "array");
  EXPECT_NE(std::string(native::FirstFailure()->where.file).find("memory_test"), std::string::npos);
  index = -1;
  EXPECT_THROW((void)array[index], native::Abandoned);
  native::BeginRun();
}

TEST(NativePlain, NeedsNoInitialValue) {
  Rt::Plain<int> plain{uninitialised, "plain"};
  plain.store(3);
  EXPECT_EQ(plain.load(), 3);
}

TEST(NativeTryMake, FailsNowAndThenInARun) {
  int* const outside = Rt::try_make<int>(4);
  ASSERT_NE(outside, nullptr) << "outside a run there is memory";
  EXPECT_EQ(*outside, 4);
  Rt::destroy(outside);
  const native::ThreadContext context(0, -1, native::RunMode::kSample, 1);
  int failed = 0;
  for (int i = 0; i < 1000; ++i) {
    int* const p = Rt::try_make<int>(i);
    failed += p == nullptr ? 1 : 0;
    Rt::destroy(p);
  }
  EXPECT_GT(failed, 0);
  EXPECT_LT(failed, 500) << "one in 16, about";
}

// ASan tells by itself.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
struct alignas(64) Wide {
  volatile unsigned char bytes[256] = {};
};

TEST(NativeDestroy, PoisonsWhatItFrees) {
  volatile auto address = reinterpret_cast<std::uintptr_t>(Rt::make<Wide>());
  Rt::destroy(reinterpret_cast<Wide*>(address));
  // The allocator has its own data at the beginning.
  EXPECT_EQ(reinterpret_cast<const Wide*>(address)->bytes[200], Rt::kPoison);
  Rt::destroy(static_cast<Wide*>(nullptr));
}
#endif

TEST(NativeLeakOk, IsNothing) {
  int* const p = Rt::make<int>(4);
  Rt::leak_ok(p);
  Rt::destroy(p);
}

}  // namespace
}  // namespace heddle
