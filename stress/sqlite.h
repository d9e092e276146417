// SQLite's C interface with types and exceptions.
#pragma once

#include <sqlite3.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace heddle::stress {

/// What SQLite says, and the system, if it is the system's fault.
struct SqliteError : std::runtime_error {
  explicit SqliteError(sqlite3* db) : std::runtime_error(TextOf(db)), code(CodeOf(db)) {}

  const int code;  ///< SQLITE_BUSY and the like

 private:
  static int CodeOf(sqlite3* db) { return sqlite3_errcode(db) & 255; }
  static std::string TextOf(sqlite3* db) {
    std::string text = sqlite3_errmsg(db);
    const int error = sqlite3_system_errno(db);
    if ((CodeOf(db) == SQLITE_IOERR || CodeOf(db) == SQLITE_CANTOPEN) && error != 0)
      text += std::string(" (") + std::strerror(error) + ")";
    return text;
  }
};

inline void Execute(sqlite3* db, const char* sql) {
  if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) throw SqliteError(db);
}

/// One statement: bind all its ?, then Step until false.
class Statement {
 public:
  Statement(sqlite3* db, const char* sql) : db_(db) {
    if (sqlite3_prepare_v2(db, sql, -1, &statement_, nullptr) != SQLITE_OK) throw SqliteError(db);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  template <typename... Values>
  Statement& Bind(const Values&... values) {
    int i = 0;
    (BindOne(++i, values), ...);
    return *this;
  }
  /// Whether there is a row.
  bool Step() {
    const int result = sqlite3_step(statement_);
    if (result != SQLITE_ROW && result != SQLITE_DONE) throw SqliteError(db_);
    return result == SQLITE_ROW;
  }
  void Run() {
    Step();
    Reset();
  }
  void Reset() { sqlite3_reset(statement_); }
  std::int64_t Int(int column) const { return sqlite3_column_int64(statement_, column); }
  double Real(int column) const { return sqlite3_column_double(statement_, column); }
  bool IsNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::string Text(int column) const {
    const auto* const text = sqlite3_column_text(statement_, column);
    return text == nullptr ? "" : reinterpret_cast<const char*>(text);
  }

 private:
  void BindOne(int i, std::string_view text) {
    Check(sqlite3_bind_text(statement_, i, text.data(), static_cast<int>(text.size()),
                            SQLITE_TRANSIENT));
  }
  void BindOne(int i, double value) { Check(sqlite3_bind_double(statement_, i, value)); }
  template <std::integral Int>
  void BindOne(int i, Int value) {
    Check(sqlite3_bind_int64(statement_, i, static_cast<std::int64_t>(value)));
  }
  void Check(int result) {
    if (result != SQLITE_OK) throw SqliteError(db_);
  }

  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace heddle::stress
