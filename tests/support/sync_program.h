// How does a test explore a program of locks and threads, under every model, and see that no
// execution comes twice?
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <unordered_set>

#include "tests/support/check_program.h"

namespace heddle {

template <typename P>
ModelCode SpawningCode(int threads, int spawned) {
  ModelCode code = CodeOf<P>(threads);
  code.spawned = spawned;
  return code;
}

/// Explores, and expects every complete execution to be a graph of its own.
inline Explored ExploreDistinct(ModelCode code, const model::MemoryModel& model) {
  std::unordered_set<std::uint64_t> graphs;
  Explored e = Explore(std::move(code), model,
                       [&](const model::ExecutionGraph& g) { graphs.insert(g.Fingerprint()); });
  EXPECT_EQ(graphs.size(), e.result.executions) << "an execution came twice under " << model.name;
  return e;
}

/// Expects that `code` holds under every model, with so many executions and blocked ones.
inline void ExpectHolds(const ModelCode& code, std::uint64_t executions,
                        std::uint64_t blocked = 0) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = ExploreDistinct(code, *m);
    EXPECT_TRUE(e.holds()) << m->name << ": " << e.message();
    EXPECT_EQ(e.result.executions, executions) << m->name;
    EXPECT_EQ(e.result.blocked, blocked) << m->name;
  }
}

/// Expects that `code` goes wrong under every model, in one way; returns what rc11 says of it.
inline std::string MessageOf(const ModelCode& code, model::ErrorKind kind) {
  std::string message;
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = Explore(code, *m);
    EXPECT_EQ(e.error(), kind) << m->name << ": " << e.message();
    message = e.message();
    if (e.result.violation && e.result.violation->line != 0)
      message += " [" + std::string(e.result.violation->file) + "]";
  }
  return message;
}

}  // namespace heddle
