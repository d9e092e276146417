// What do all pages look like?  The frame: skeleton, colours, and the parts that pages are made of.
//
// A page is one file that loads nothing.  It is well-formed XML, too.  Without its script
// everything can be read; the script adds the filter, copying, and the way to what a link names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/markup.h"

namespace heddle::report {

/// What a colour says; none is said by colour alone.
enum class Tone { kGood, kBad, kUnsure, kQuiet };

struct Page {
  std::string title;
  std::string style;  ///< beyond that of the frame
  Markup body;
  std::string footer;
};

/// The whole file.
std::string Render(const Page& page);

/// The first thing to be read: a sign, the verdict and, below it, `more`.
Markup Banner(Tone tone, std::string_view verdict, const Markup& more);
/// A number with its name, coloured if it is not 0.
Markup Figure(Tone tone, std::uint64_t number, std::string_view name);
/// A small coloured word.
Markup Badge(Tone tone, std::string_view text);
/// ✓, ✗, ? or nothing.
Markup Sign(Tone tone);

/// A row that unfolds: cells, and what is below them.  Rows of one list are aligned by the style
/// "columns" (see report/style.cpp); a row may be a group of rows.
struct Row {
  std::string id;     ///< what links name; may be empty
  std::string kind;   ///< class: "row" is what the filter hides, "group" holds rows
  std::string state;  ///< one of the filter's
  std::string find;   ///< what the filter looks for words in, in any case
  bool open = false;
  Markup cells{}, content{};
};
Markup Fold(const Row& row);
/// `class_name` may be several.  A blank follows, for those who copy the text.
Markup Cell(std::string_view class_name, const Markup& content);

/// The box to type in, and a button per state: its key (as in Row::state), its name and how many
/// rows there are; a button with no rows is left out.
struct FilterState {
  std::string key, name;
  std::size_t rows = 0;
};
Markup Filter(std::size_t rows, const std::vector<FilterState>& states);

/// A table; columns of `numbers` are aligned to the right.
Markup Table(const std::vector<std::string>& head, const std::vector<std::vector<Markup>>& rows,
             const std::vector<bool>& numbers);

/// A command to copy.
Markup Command(std::string_view command);

/// 1234567 as "1,234,567".
std::string Grouped(std::uint64_t number);

}  // namespace heddle::report
