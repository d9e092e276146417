// What is a replay token about?
#pragma once

#include <string>
#include <string_view>

#include "runtime/check/subject.h"

namespace heddle {

inline constexpr int kMostSpinRounds = 100;

/// "MP/relaxed-publication@rc11+kernel", with spin rounds "…+spins2": how tokens and lists of
/// executions begin.
std::string CheckName(const Subject& subject, const model::MemoryModel& model,
                      TrapDelivery delivery, int spin_rounds);

/// A check, and one execution of its program.
struct Token {
  const Subject* subject;
  const model::MemoryModel* model;
  TrapDelivery delivery;
  int spin_rounds;
  std::string execution;  ///< as model/replay.h reads it; not looked at yet

  std::string Text() const;  ///< CheckName:execution
};

/// Throws std::invalid_argument, saying what to change.
Token ParseToken(std::string_view text);

}  // namespace heddle
