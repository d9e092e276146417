// What do the options of the command line take?
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace heddle::cli {

// Each validator refuses all else, the empty text too, in words that name the text and say what to
// write instead; CLI11 adds the name of the option.

/// For Option::transform: takes leading zeros away, which CLI11 would take for octal.
CLI::Validator WholeNumber(std::uint64_t least, std::uint64_t most);

CLI::Validator OneOf(std::vector<std::string> words);

/// A file to write, or "-", which is standard output.
CLI::Validator OutputName();

/// A file that is read again, so not "-".
CLI::Validator CheckpointName();

/// A directory, so not "-".
CLI::Validator DirectoryName();

/// What `parse` takes without throwing std::invalid_argument.
template <typename Parse>
CLI::Validator TextOf(Parse parse) {
  return {[parse](const std::string& text) -> std::string {
            try {
              (void)parse(text);
              return {};
            } catch (const std::invalid_argument& e) {
              return e.what();
            }
          },
          ""};
}

}  // namespace heddle::cli
