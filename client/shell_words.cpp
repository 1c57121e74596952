#include "client/shell_words.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace procpool::client {
namespace {

bool is_plain(char c) {
  constexpr std::string_view signs = "_@%+=:,./-";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         signs.find(c) != std::string_view::npos;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

std::string with_control_characters(std::string_view text) {
  std::string word = "$'";
  for (const char c : text) {
    if (c == '\n' || c == '\t') {
      word += c == '\n' ? "\\n" : "\\t";
    } else if (is_control(c)) {
      std::array<char, 8> octal{};
      std::snprintf(octal.data(), octal.size(), "\\%03o", static_cast<unsigned>(c));
      word += octal.data();
    } else {
      if (c == '\'' || c == '\\') word += '\\';
      word += c;
    }
  }
  return word + "'";
}

}  // namespace

std::string shell_word(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), is_control)) return with_control_characters(text);
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += "'\\''";
    } else {
      word += c;
    }
  }
  return word + "'";
}

std::string shell_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    // Else the shell takes it for an assignment in front of the command.
    const bool is_assignment = line.empty() && word.find('=') != std::string::npos;
    if (!line.empty()) line += ' ';
    line += is_assignment && shell_word(word) == word ? "'" + word + "'" : shell_word(word);
  }
  return line;
}

}  // namespace procpool::client
