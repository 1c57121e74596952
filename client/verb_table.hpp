#pragma once

#include <span>
#include <string>
#include <string_view>

namespace procpool::client {

/// What the help says about one verb; the options come from where they are declared.
struct VerbText {
  std::string_view name;      // "map", "pool create"
  std::string_view usage;     // lines, without "procpool "
  std::string_view summary;   // one line, for the list of verbs
  std::string_view examples;  // lines
  std::string_view notes;     // paragraphs; may be empty
};

std::span<const VerbText> verb_texts();

/// nullptr if there is no such verb.
const VerbText* find_verb_text(std::string_view name);

}  // namespace procpool::client
