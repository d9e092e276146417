// May a file take a run's results?
//
// Each throws std::invalid_argument, with what to do, if not.
#pragma once

#include <sqlite3.h>

#include <nlohmann/json.hpp>
#include <string>

#include "stress/sqlite.h"

namespace heddle::stress {

/// If `error`, met when it was opened, will not pass by itself.  To be asked before a run: what
/// comes in its way later may go, and hours would be lost.
void RefuseForGood(const std::string& path, const SqliteError& error);

void RefuseReadOnly(const std::string& path, sqlite3* db);

/// If the run in it, of environment `then`, is not to be gone on with here: counts of two programs,
/// or of two machines, are not one run's; nor is a run anybody's while it is written.
void RefuseOther(const std::string& path, const nlohmann::json& then);

}  // namespace heddle::stress
