// How does a test divide a search, and see that nothing is lost or found twice?
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <sstream>
#include <string>

#include "runtime/check/search.h"

namespace heddle {

/// Any program as something to be searched, without outcomes.
template <typename P>
class SearchedProgram final : public Searched {
 public:
  template <typename Source>
  explicit SearchedProgram(const Source& source) : program_(source) {}
  model::Program& program() override { return program_; }

 private:
  P program_;
};

/// Of a P, which each worker makes from `source`.
template <typename P, typename Source>
SearchSpec SpecOf(const Source& source, const model::MemoryModel& model) {
  SearchSpec spec;
  spec.name = "test";
  spec.make = [source] { return std::make_unique<SearchedProgram<P>>(source); };
  spec.model = &model;
  spec.list = true;
  return spec;
}

/// What a search found, in an order that does not depend on who found it.
struct Found {
  std::multiset<std::string> executions;
  SearchResult result;

  const SearchState& state() const { return result.state; }
};

inline Found RunSearch(const SearchSpec& spec, SearchOptions options) {
  Found found;
  options.keep = {};  // give work away whenever someone wants it
  options.list = [&](const std::string& lines) {
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line);) found.executions.insert(line);
  };
  found.result = Search(spec, options);
  return found;
}

/// All shards of a search, one after the other; every second one by two workers if `crews`.
inline Found RunShards(const SearchSpec& spec, std::uint32_t of, bool crews) {
  Found all;
  for (std::uint32_t i = 1; i <= of; ++i) {
    SearchOptions options;
    options.shard = {i, of};
    options.workers = crews && i % 2 == 0 ? 2 : 1;
    const Found part = RunSearch(spec, options);
    EXPECT_TRUE(part.state().done());
    all.executions.insert(part.executions.begin(), part.executions.end());
    all.result.state.begun = true;
    all.result.state.tally.Add(part.state().tally);
    if (part.state().violation) all.result.state.violation = part.state().violation;
  }
  return all;
}

/// A search that is cut short after every `step` executions, and goes on.
inline Found RunInSteps(const SearchSpec& spec, std::uint64_t step, int workers) {
  Found all;
  SearchOptions options;
  options.workers = workers;
  options.max_executions = 0;
  while (!options.from.done()) {
    *options.max_executions += step;
    const Found part = RunSearch(spec, options);
    if (!part.state().done()) {
      EXPECT_EQ(part.result.ended_by, Budget::kExecutions);
      EXPECT_EQ(part.state().tally.ended(), *options.max_executions);
    }
    all.executions.insert(part.executions.begin(), part.executions.end());
    options.from = all.result.state = part.state();
  }
  return all;
}

/// For searches without a violation.
inline void ExpectSame(const Found& found, const Found& whole) {
  EXPECT_TRUE(found.state().done());
  EXPECT_EQ(found.executions, whole.executions);
  EXPECT_EQ(found.state().tally.executions, whole.state().tally.executions);
  EXPECT_EQ(found.state().tally.blocked, whole.state().tally.blocked);
}

/// Whether both found the same violation, or none.
inline void ExpectSameViolation(const Found& found, const Found& whole) {
  EXPECT_TRUE(found.state().done());
  ASSERT_EQ(found.state().violation.has_value(), whole.state().violation.has_value());
  if (!whole.state().violation) return;
  EXPECT_EQ(found.state().violation->path, whole.state().violation->path);
  EXPECT_EQ(found.state().violation->message, whole.state().violation->message);
  EXPECT_EQ(found.state().violation->execution, whole.state().violation->execution);
}

}  // namespace heddle
