// The verb is found first, and only its options are declared: global options may
// stand anywhere, a verb cannot be mistaken for another one's option, and a start is
// as quick as it can be.

#include "client/command_line.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "client/help.hpp"
#include "client/option_values.hpp"
#include "client/verb_table.hpp"
#include "config/nearest_word.hpp"

namespace procpool::client {
namespace {

enum class Wanted { action, help, version };

/// The options before the verb, the verb, and what stands behind it.
struct Opening {
  std::vector<std::string> options;
  std::string verb;  // empty if there is none
  std::vector<std::string> rest;
};

constexpr std::array<std::string_view, 2> groups{"pool", "daemon"};

bool is_group(std::string_view word) { return std::find(groups.begin(), groups.end(), word) != groups.end(); }

/// The first word that is neither an option nor an option's value is the verb.
Opening find_verb(const std::vector<std::string>& arguments) {
  Opening opening;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (!word.starts_with('-') || word == "-" || word == "--") {
      opening.verb = word;
      opening.rest.assign(arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1, arguments.end());
      break;
    }
    opening.options.push_back(word);
    if ((word == "--socket" || word == "--color") && i + 1 < arguments.size())
      opening.options.push_back(arguments[++i]);
  }
  return opening;
}

OptionSet::TakeValue to_color(Color& target) {
  return [&target](const std::string& text) -> Result<void> {
    if (text == "auto") target = Color::automatic;
    if (text == "always") target = Color::always;
    if (text == "never") target = Color::never;
    if (text == "auto" || text == "always" || text == "never") return {};
    return usage_error("must be auto, always or never, not '" + text + "'");
  };
}

void declare_globals(OptionSet& options, Globals& globals, Wanted& wanted) {
  options.group("General options");
  options.value("--socket", "PATH", "the daemon's socket", to_path(globals.socket));
  options.flag("--json", "listings as JSON", [&] { globals.json = true; });
  options.flag("--no-autostart", "do not start a daemon if none answers", [&] { globals.autostart = false; });
  options.value("--color", "WHEN", "auto, always or never", to_color(globals.color));
  options.flag("-q,--quiet", "no progress and no notices", [&] { globals.verbosity = Verbosity::quiet; });
  options.flag("-v,--verbose", "tracebacks, and more of what goes on",
               [&] { globals.verbosity = Verbosity::verbose; });
  options.flag("-h,--help", "this text", [&] { wanted = Wanted::help; });
  options.flag("--version", "the version", [&] { wanted = Wanted::version; });
}

Error unknown_verb(const std::string& verb) {
  std::vector<std::string_view> verbs(groups.begin(), groups.end());
  for (const VerbText& text : verb_texts()) verbs.push_back(text.name);
  std::string message = "there is no verb '" + verb + "'";
  const std::string_view nearest = config::nearest_word(verb, verbs);
  if (!nearest.empty()) message += "; did you mean '" + std::string(nearest) + "'?";
  return usage_error(message);
}

Error no_verb(const std::string& group) {
  std::string message = "'" + group + "' needs a verb:";
  for (const VerbText& text : verb_texts())
    if (text.name.starts_with(group + " ")) message += " " + std::string(text.name.substr(group.size() + 1));
  return usage_error(message);
}

/// There are options only.
Result<Invocation> parse_without_verb(const std::vector<std::string>& words, const std::string& group) {
  Invocation invocation;
  Wanted wanted = Wanted::action;
  OptionSet options;
  declare_globals(options, invocation.globals, wanted);
  if (const auto plain = options.parse(words); !plain) return plain.error();
  if (wanted == Wanted::action && group.empty())
    return usage_error("no verb is given; 'procpool --help' lists them");
  if (wanted == Wanted::action) return no_verb(group);
  invocation.action = Help{wanted == Wanted::version ? version_text()
                           : group.empty()           ? general_help()
                                                     : group_help(group)};
  return invocation;
}

std::unique_ptr<VerbParser> make_parser(const std::string& verb, const Surroundings& surroundings) {
  if (auto parser = make_submission_parser(verb, surroundings)) return parser;
  if (auto parser = make_jobs_parser(verb)) return parser;
  if (auto parser = make_pools_parser(verb, surroundings)) return parser;
  return make_daemon_parser(verb);
}

Result<Invocation> parse_verb(const Opening& opening, const Surroundings& surroundings) {
  const auto parser = make_parser(opening.verb, surroundings);
  if (parser == nullptr) return unknown_verb(opening.verb);
  SplitArguments arguments = split_arguments(opening.rest, parser->takes_inputs());
  arguments.words.insert(arguments.words.begin(), opening.options.begin(), opening.options.end());

  Invocation invocation;
  Wanted wanted = Wanted::action;
  OptionSet options;
  parser->declare(options);
  declare_globals(options, invocation.globals, wanted);
  auto words = options.parse(arguments.words);
  if (!words) return words.error();
  arguments.words = *std::move(words);
  if (wanted != Wanted::action) {
    invocation.action =
        Help{wanted == Wanted::version ? version_text() : verb_help(opening.verb, options.list())};
    return invocation;
  }
  if (arguments.command && !parser->takes_command()) {
    arguments.words.insert(arguments.words.end(), arguments.command->begin(), arguments.command->end());
    arguments.command.reset();
  }
  auto action = parser->finish(std::move(arguments));
  if (!action) return action.error();
  invocation.action = *std::move(action);
  return invocation;
}

/// `help`, `help map`, `help pool`, `help pool create`: as the same with --help.
Result<Invocation> parse_help(const Opening& opening, const Surroundings& surroundings) {
  std::vector<std::string> arguments;
  for (const std::string& word : opening.rest)
    if (word != "help") arguments.push_back(word);
  arguments.emplace_back("--help");
  return parse_command_line(arguments, surroundings);
}

}  // namespace

Result<Invocation> parse_command_line(const std::vector<std::string>& arguments,
                                      const Surroundings& surroundings) {
  Opening opening = find_verb(arguments);
  if (opening.verb.empty()) return parse_without_verb(opening.options, "");
  if (opening.verb == "help") return parse_help(opening, surroundings);
  if (is_group(opening.verb)) {
    Opening member = find_verb(opening.rest);
    member.options.insert(member.options.begin(), opening.options.begin(), opening.options.end());
    if (member.verb.empty()) return parse_without_verb(member.options, opening.verb);
    member.verb = opening.verb + " " + member.verb;
    opening = std::move(member);
  }
  return parse_verb(opening, surroundings);
}

}  // namespace procpool::client
