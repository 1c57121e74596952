#include "client/help.hpp"

#include "client/verb_table.hpp"
#include "common/built_with.hpp"
#include "common/protocol/interface.hpp"
#include "common/version.hpp"

namespace procpool::client {
namespace {

constexpr std::string_view opening = R"(procpool gives work to pools of processes that are kept warm.

Examples:
  $ procpool map --raw -- gzip -k {} ::: *.log
  $ procpool pool create py --workers 4 --python tasks.py
  $ procpool map square ::: 1 2 3
  [1,4,9]
  $ seq 1000000 | procpool imap_unordered square | head -2
  $ id=$(procpool apply --async -- make); procpool wait "$id"; procpool get "$id"

Usage: procpool [OPTION...] VERB ...
After '--' stands a command, before it a function. 'procpool help VERB' says more.
)";

constexpr std::string_view closing = R"(
Options, before or after the verb:
      --socket PATH         the daemon's socket
      --json                listings as JSON instead of tables
      --no-autostart        do not start a daemon if none answers
      --color WHEN          auto, always or never
  -q, --quiet               no progress and no notices on stderr
  -v, --verbose             tracebacks, and more of what goes on
  -h, --help                the help of the verb, or this text
      --version             the version

The socket: --socket, else $PROCPOOL_SOCKET, else $XDG_RUNTIME_DIR/procpool/socket,
else /run/procpool/socket, else a private directory in /tmp.

Exit status:
  0        every task succeeded
  1        at least one task did not (failed, cancelled, lost); for run, and for
           'apply -- COMMAND' that ran to its end, the command's own status
  2        the command line is wrong
  124      a time limit ran out
  125      procpool itself failed or refused
  126 127  the command cannot be executed, or was not found
  130      interrupted
)";

/// Each line behind two spaces, and what `prefix` says.
std::string indented(std::string_view lines, std::string_view prefix) {
  std::string text;
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    text.append("  ").append(prefix).append(lines.substr(0, end)).append("\n");
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
  }
  return text;
}

std::string listed(const VerbText& verb) {
  constexpr std::size_t column = 20;
  std::string line = "  " + std::string(verb.name);
  line += std::string(line.size() < column ? column - line.size() : 1, ' ');
  return line + std::string(verb.summary) + "\n";
}

}  // namespace

std::string general_help() {
  std::string text(opening);
  text += "\nVerbs:\n";
  for (const VerbText& verb : verb_texts()) text += listed(verb);
  text += closing;
  return text;
}

std::string verb_help(std::string_view name, std::string_view options) {
  const VerbText& verb = *find_verb_text(name);
  std::string text = "procpool " + std::string(name) + ": " + std::string(verb.summary) + "\n\nExamples:\n";
  text += indented(verb.examples, "$ ");
  text += "\nUsage:\n" + indented(verb.usage, "procpool ");
  if (!verb.notes.empty()) text += "\n" + std::string(verb.notes);
  return text.append(options);
}

std::string group_help(std::string_view group) {
  const std::string prefix = std::string(group) + " ";
  std::string text = "Usage: procpool " + prefix + "VERB ...\n\nVerbs:\n";
  for (const VerbText& verb : verb_texts())
    if (verb.name.starts_with(prefix)) text += listed(verb);
  return text + "\n'procpool help " + prefix + "VERB' says more.\n";
}

std::string version_text() {
  return "procpool " + std::string(version) + "\nspeaks " + std::string(protocol::interface_name) +
         ", see procpool-protocol(7)\nbuilt with " + std::string(compiler) + "\n";
}

}  // namespace procpool::client
