#include "daemon/worker/arguments.hpp"

#include <map>
#include <set>

#include "common/protocol/limits_codec.hpp"

namespace procpool::worker {
namespace {

using Options = std::map<std::string, std::string>;

Error wrong(const std::string& message) { return Error(ErrorCode::invalid_parameter, message); }

/// `--name VALUE` and `--name=VALUE`, each at most once.
Result<Options> read_options(const std::vector<std::string>& words, const std::set<std::string>& known) {
  Options options;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    const std::string name = words[i].substr(0, equals);
    if (!known.contains(name)) return wrong("unknown option '" + words[i] + "'");
    if (equals == std::string::npos && i + 1 == words.size()) return wrong(name + " needs a value");
    std::string value = equals == std::string::npos ? words[++i] : words[i].substr(equals + 1);
    if (!options.emplace(name, std::move(value)).second) return wrong(name + " stands twice");
  }
  return options;
}

}  // namespace

const char* const usage =
    "usage: procpool-worker commands [--initializer SHELL_COMMAND] [--limits JSON_OBJECT]\n"
    "                                [--control-group DIRECTORY]\n"
    "       procpool-worker native --library FILE.so [--initializer NAME] [--initargs JSON_ARRAY]\n"
    "       procpool-worker guard --mark NAME=VALUE [--control-groups DIRECTORY]\n"
    "\n"
    "A worker of procpoold: it speaks the worker protocol on standard input and output.\n"
    "A guard waits for the end of standard input, and then kills every process that has\n"
    "an environment entry that begins with the mark. It takes back the controllers that\n"
    "were handed down to the control groups in the directory.\n";

Result<Role> read_arguments(const std::vector<std::string>& words) {
  const std::string kind = words.empty() ? "" : words.front();
  if (kind == "commands") {
    auto options = read_options(words, {"--initializer", "--limits", "--control-group"});
    if (!options) return options.error();
    CommandsRole role{(*options)["--initializer"], {}, (*options)["--control-group"]};
    if (const std::string& text = (*options)["--limits"]; !text.empty()) {
      auto limits = protocol::decode_limits(text);
      if (!limits) return wrong("--limits: " + limits.error().message());
      role.limits = *std::move(limits);
    }
    return Role(std::move(role));
  }
  if (kind == "native") {
    auto options = read_options(words, {"--library", "--initializer", "--initargs"});
    if (!options) return options.error();
    if ((*options)["--library"].empty()) return wrong("--library is missing");
    return Role(NativeRole{(*options)["--library"], (*options)["--initializer"], (*options)["--initargs"]});
  }
  if (kind == "guard") {
    auto options = read_options(words, {"--mark", "--control-groups"});
    if (!options) return options.error();
    const std::string& mark = (*options)["--mark"];
    if (mark.find('=') == std::string::npos) return wrong("--mark must be NAME=VALUE");
    return Role(GuardRole{mark, (*options)["--control-groups"]});
  }
  return wrong("the kind of the worker must be 'commands', 'native' or 'guard'");
}

}  // namespace procpool::worker
