// Which executions differ only in who is who, of threads that are alike?
#pragma once

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "model/execution_graph.h"
#include "model/program.h"

namespace heddle::model {

/// The permutations of the threads that only exchange alike ones.
inline std::vector<std::vector<ThreadId>> Renamings(const std::vector<ThreadId>& alike) {
  std::vector<ThreadId> p(alike.size());
  std::iota(p.begin(), p.end(), 0);
  std::vector<std::vector<ThreadId>> result;
  do {
    bool ok = true;
    for (std::size_t t = 0; t < p.size(); ++t)
      ok = ok && alike[t] == alike[static_cast<std::size_t>(p[t])];
    if (ok) result.push_back(p);
  } while (std::next_permutation(p.begin(), p.end()));
  return result;
}

/// The graph as if thread renamed[t] were t.  Without the values of choices and of locations that
/// name threads (Program::NamesThreads): the renaming would change them, too.
inline std::string PrintRenamed(const ExecutionGraph& g, const std::vector<ThreadId>& renamed,
                                const Program* program = nullptr) {
  std::vector<ThreadId> back(renamed.size());
  for (std::size_t t = 0; t < renamed.size(); ++t)
    back[static_cast<std::size_t>(renamed[t])] = static_cast<ThreadId>(t);
  std::string text;
  const auto add = [&text](int n) { text += static_cast<char>('0' + n); };  // below ten, mostly
  for (const ThreadId t : renamed) {
    for (const Event& e : g.thread(t)) {
      const bool names = program != nullptr &&
                         (e.label.kind == Kind::kChoice || program->NamesThreads(e.label.location));
      if (names)
        text += '?';
      else
        text += e.value < 10 ? std::string(1, static_cast<char>('0' + e.value))
                             : std::to_string(e.value);
      if (e.label.is_read()) {
        text += "<-";
        if (e.rf.is_init()) {
          text += "init";
        } else {
          add(back[static_cast<std::size_t>(e.rf.thread)]);
          text += '.';
          add(e.rf.index);
        }
      }
      if (e.label.is_write()) {
        text += '@';
        add(e.mo_position);
      }
      text += ' ';
    }
    text += "| ";
  }
  return text;
}

/// The same text for executions that differ only in who is who.
inline std::string Orbit(const ExecutionGraph& g,
                         const std::vector<std::vector<ThreadId>>& renamings,
                         const Program* program = nullptr) {
  std::string least;
  for (const auto& r : renamings) {
    std::string text = PrintRenamed(g, r, program);
    if (least.empty() || text < least) least = std::move(text);
  }
  return least;
}

}  // namespace heddle::model
