// One pass from left to right: what a placeholder was replaced by is not looked at
// again, so an input that looks like a placeholder stays what it is.

#include "common/job/placeholders.hpp"

#include <algorithm>
#include <array>

namespace procpool {
namespace {

enum class Piece {
  input,
  without_extension,
  basename,
  dirname,
  basename_without_extension,
  task_number,
  slot
};

struct Placeholder {
  std::string_view text;
  Piece piece;
};

constexpr std::array<Placeholder, 7> placeholders{{
    {"{}", Piece::input},
    {"{.}", Piece::without_extension},
    {"{/}", Piece::basename},
    {"{//}", Piece::dirname},
    {"{/.}", Piece::basename_without_extension},
    {"{#}", Piece::task_number},
    {"{%}", Piece::slot},
}};

constexpr bool needs_input(Piece piece) { return piece != Piece::task_number && piece != Piece::slot; }

/// Without the slashes at the end; the root stays the root.
std::string_view trimmed(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

/// As basename(1): "b" for "a/b/".
std::string_view basename_of(std::string_view path) {
  path = trimmed(path);
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos || path.size() == 1 ? path : path.substr(slash + 1);
}

/// As dirname(1): "." for "b", "/" for "/b".
std::string_view dirname_of(std::string_view path) {
  path = trimmed(path);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? path.substr(0, 1) : trimmed(path.substr(0, slash));
}

/// "a.tar" for "a.tar.gz". A name that begins with its only dot has no extension, and
/// neither has a path that ends in a slash.
std::string_view without_extension(std::string_view path) {
  const std::size_t name = path.rfind('/') + 1;  // npos + 1 is 0
  const std::size_t dot = path.rfind('.');
  return dot == std::string_view::npos || dot <= name ? path : path.substr(0, dot);
}

std::string replacement(Piece piece, const PlaceholderValues& values) {
  switch (piece) {
    case Piece::input: return std::string(values.input);
    case Piece::without_extension: return std::string(without_extension(values.input));
    case Piece::basename: return std::string(basename_of(values.input));
    case Piece::dirname: return std::string(dirname_of(values.input));
    case Piece::basename_without_extension: return std::string(without_extension(basename_of(values.input)));
    case Piece::task_number: return std::to_string(values.index + 1);
    case Piece::slot: return values.slot == PlaceholderValues::no_slot ? "{%}" : std::to_string(values.slot);
  }
  return {};
}

/// The placeholder that `text` begins with, if it does.
const Placeholder* placeholder_at(std::string_view text) {
  const auto found = std::find_if(placeholders.begin(), placeholders.end(),
                                  [&](const Placeholder& known) { return text.starts_with(known.text); });
  return found == placeholders.end() ? nullptr : &*found;
}

enum class Replaced { all, all_but_input };

std::string fill_in(std::string_view argument, const PlaceholderValues& values, Replaced replaced) {
  std::string filled;
  while (!argument.empty()) {
    const std::size_t brace = std::min(argument.find('{'), argument.size());
    filled.append(argument, 0, brace);
    argument.remove_prefix(brace);
    if (argument.empty()) break;
    const Placeholder* found = placeholder_at(argument);
    if (found != nullptr && (replaced == Replaced::all || !needs_input(found->piece))) {
      filled += replacement(found->piece, values);
      argument.remove_prefix(found->text.size());
    } else {
      filled += '{';
      argument.remove_prefix(1);
    }
  }
  return filled;
}

std::vector<std::string> fill_in(const std::vector<std::string>& argv, const PlaceholderValues& values,
                                 Replaced replaced) {
  std::vector<std::string> filled;
  filled.reserve(argv.size() + 1);
  for (const std::string& argument : argv) filled.push_back(fill_in(argument, values, replaced));
  return filled;
}

}  // namespace

bool has_input_placeholder(const std::vector<std::string>& argv) {
  for (const std::string& argument : argv)
    for (std::size_t at = argument.find('{'); at != std::string::npos; at = argument.find('{', at + 1))
      if (placeholder_at(std::string_view(argument).substr(at)) != nullptr) return true;
  return false;
}

std::vector<std::string> fill_in(const std::vector<std::string>& argv, const PlaceholderValues& values) {
  auto filled = fill_in(argv, values, Replaced::all);
  if (!has_input_placeholder(argv)) filled.emplace_back(values.input);
  return filled;
}

std::vector<std::string> fill_in_without_input(const std::vector<std::string>& argv,
                                               const PlaceholderValues& values) {
  return fill_in(argv, values, Replaced::all_but_input);
}

}  // namespace procpool
