#include "stress/results_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "stress/environment.h"

namespace heddle::stress {
namespace {

[[noreturn]] void RefuseName(const std::string& path, const std::string& why,
                             const std::string& advice) {
  throw std::invalid_argument("cannot write results to '" + path + "': " + why + "; " + advice);
}

// Why there can be no such file now: an errno; 0: there can.  SQLite does not tell: it tries once
// more, to read only, and keeps what is wrong with that.
int WhyNoFile(const std::string& path) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file >= 0) {
    close(file);
    unlink(path.c_str());
    return 0;
  }
  if (errno != EEXIST) return errno;
  // Then there are to be others beside it.
  const auto folder = std::filesystem::absolute(path).parent_path();
  return access(folder.c_str(), W_OK | X_OK) != 0 ? errno : EEXIST;
}

// Space and descriptors may.
bool MayComeLater(int error) {
  return error == 0 || error == ENOSPC || error == EDQUOT || error == EMFILE || error == ENFILE;
}

}  // namespace

void RefuseForGood(const std::string& path, const SqliteError& error) {
  const int no_file = error.code == SQLITE_CANTOPEN ? WhyNoFile(path) : EEXIST;
  const std::string why = no_file == EEXIST ? error.what()
                                            : std::string("unable to open database file (") +
                                                  std::strerror(no_file) + ")";
  switch (error.code) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      RefuseName(path, error.what(), "name another file");
    case SQLITE_CANTOPEN:
      if (MayComeLater(no_file)) return;
      [[fallthrough]];
    case SQLITE_READONLY:
    case SQLITE_PERM:
      RefuseName(path, why, "name a file in a folder that is there and that you may write to");
    default:
      return;
  }
}

void RefuseReadOnly(const std::string& path, sqlite3* db) {
  if (sqlite3_db_readonly(db, "main") == 1)
    RefuseName(path, "it may only be read", "name a file that you may write to");
}

void RefuseOther(const std::string& path, const nlohmann::json& then) {
  const nlohmann::json now = Environment();
  for (const char* const what : {"host", "build_id"})
    if (then.contains(what) && now.contains(what) && then[what] != now[what])
      throw std::invalid_argument("--resume: the run in '" + path + "' was begun with another " +
                                  what + " (" + then[what].get<std::string>() +
                                  "); leave --resume out to begin a new one");
  const int pid = then.value("pid", 0);
  // A number may be another program's by now.
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm"), own("/proc/self/comm");
  std::string name, own_name;
  if (pid != getpid() && std::getline(file, name) && std::getline(own, own_name) &&
      name == own_name)
    throw std::invalid_argument("--resume: the run in '" + path + "' is still written by process " +
                                std::to_string(pid) + "; wait, or name another file");
}

}  // namespace heddle::stress
