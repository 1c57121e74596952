#include "client/verb_parser.hpp"

#include <utility>

namespace procpool::client {

Result<std::string> Surroundings::absolute(const std::string& path) const {
  if (path.starts_with('/')) return path;
  if (directory.empty()) return usage_error("'" + path + "' is relative, but the working directory is gone");
  return directory + (directory.ends_with('/') ? "" : "/") + path;
}

Error usage_error(std::string sentence) { return {ErrorCode::invalid_parameter, std::move(sentence)}; }

Result<void> expect_one_of(const std::vector<std::string>& given) {
  for (const std::string& name : given)
    if (name != given.front()) return usage_error(given.front() + " and " + name + " exclude each other");
  return {};
}

Result<void> expect_words(const std::vector<std::string>& words, std::size_t count,
                          std::string_view expected) {
  if (words.size() < count) return usage_error("this verb needs " + std::string(expected));
  if (words.size() > count)
    return usage_error("what is '" + words[count] + "'? This verb takes " + std::string(expected));
  return {};
}

}  // namespace procpool::client
