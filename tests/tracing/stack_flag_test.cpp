// Who is called, and who is dropped, by stack and tracer?
#include "tracing/stack_flag.h"

#include <gtest/gtest.h>

#include "runtime/model/model_runtime.h"
#include "tests/support/sync_program.h"

namespace heddle {
namespace {

using Rt = ModelRuntime;

struct Nested {
  void Thread(int) {
    int calls = 0;
    const auto count = [&] { ++calls; };
    Rt::check(Run(0, 0,
                  [&] {
                    Rt::check(!Run(0, 0, count), "a tracer in itself");
                    Rt::check(Run(1, 0, count), "the same one on another stack");
                    Rt::check(Run(0, 1, count), "another one on the same stack");
                    Rt::check(flags.IsSet(0, 0), "what they left");
                    Rt::check(!flags.IsSet(1, 0) && !flags.IsSet(0, 1), "what they cleared");
                  }),
              "the outer one");
    Rt::check(calls == 2, "a callback for each that is not dropped");
    Rt::check(Run(0, 0, count), "again, when it has ended");
  }
  template <typename F>
  bool Run(std::size_t stack, int tracer, F f) {
    return flags.Run([stack] { return stack; }, tracer, f);
  }
  StackFlags<Rt, 2> flags;
};

TEST(StackFlags, ATracerIsDroppedInItselfOnItsStackOnly) { ExpectHolds(CodeOf<Nested>(1), 1); }

struct NoSuchStack : Nested {
  void Thread(int) {
    Run(2, 0, [] {});
  }
};
TEST(StackFlags, AStackThatThereIsNotIsAnError) {
  EXPECT_NE(MessageOf(CodeOf<NoSuchStack>(1), model::ErrorKind::kOutOfBounds), "");
}

}  // namespace
}  // namespace heddle
