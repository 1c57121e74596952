// A command line and an input: the first NUL ends the input, each further one an argument.

#include <algorithm>
#include <string>
#include <vector>

#include "common/job/placeholders.hpp"
#include "tests/fuzz/fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace procpool;
  using fuzz::require;
  std::vector<std::string> words{""};
  for (const char c : fuzz::text_of(data, size)) {
    if (c == '\0') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  const std::string input = words.front();
  const std::vector<std::string> argv(words.begin() + 1, words.end());
  const PlaceholderValues values{input, 41, 7};

  const auto filled = fill_in(argv, values);
  const bool has_some = has_input_placeholder(argv);
  require(filled.size() == argv.size() + (has_some ? 0 : 1), "arguments are neither split nor joined");
  require(has_some || filled.back() == input, "without a placeholder the input comes last");
  const auto without = fill_in_without_input(argv, values);
  require(without.size() == argv.size(), "without an input nothing is appended");
  for (std::size_t i = 0; i < argv.size(); ++i) {
    if (argv[i].find('{') != std::string::npos) continue;
    require(filled[i] == argv[i] && without[i] == argv[i], "what has no brace stays as it is");
  }
  return 0;
}
