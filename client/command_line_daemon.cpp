// daemon ..., call and introspect.

#include <array>
#include <utility>

#include "client/inputs.hpp"
#include "client/verb_parser.hpp"
#include "common/json/view.hpp"

namespace procpool::client {
namespace {

class DaemonParser : public VerbParser {
 public:
  explicit DaemonParser(DaemonAction action) : action_(action) {}
  Result<Action> finish(SplitArguments arguments) override {
    if (auto good = expect_words(arguments.words, 0, "no argument"); !good) return good.error();
    return Action(action_);
  }

 private:
  DaemonAction action_;
};

class LogLevelParser : public VerbParser {
 public:
  Result<Action> finish(SplitArguments arguments) override {
    if (auto good = expect_words(arguments.words, 1, "a level: debug, info, warning or error"); !good)
      return good.error();
    const auto level = log_level_named(arguments.words.front());
    if (!level)
      return usage_error("the level must be debug, info, warning or error, not '" + arguments.words.front() +
                         "'");
    return Action(request::SetLogLevel{*level});
  }
};

class CallParser : public VerbParser {
 public:
  void declare(OptionSet& options) override {
    options.flag("--more", "take several replies, as they come", [this] { call_.more = true; });
  }
  Result<Action> finish(SplitArguments arguments) override {
    const auto& words = arguments.words;
    if (words.empty() || words.size() > 2)
      return usage_error("call needs a method, and its parameters as one JSON object");
    call_.method = words[0];
    if (words.size() == 2) {
      const auto parameters = json::check(words[1]);
      if (!parameters) return usage_error("the parameters are " + parameters.error().message());
      if (parameters->kind() != json::Kind::object)
        return usage_error("the parameters must be a JSON object");
      call_.parameters = on_one_line(*parameters);
    }
    return Action(call_);
  }

 private:
  RawCall call_;
};

class IntrospectParser : public VerbParser {
 public:
  Result<Action> finish(SplitArguments arguments) override {
    if (arguments.words.empty()) return Action(Introspect{"io.procpool"});
    if (auto good = expect_words(arguments.words, 1, "the name of an interface"); !good) return good.error();
    return Action(Introspect{arguments.words.front()});
  }
};

constexpr std::array<std::pair<std::string_view, DaemonAction>, 6> actions{{
    {"daemon start", DaemonAction::start},
    {"daemon stop", DaemonAction::stop},
    {"daemon status", DaemonAction::status},
    {"daemon reload", DaemonAction::reload},
    {"daemon config", DaemonAction::config},
    {"daemon drain", DaemonAction::drain},
}};

}  // namespace

std::unique_ptr<VerbParser> make_daemon_parser(std::string_view verb) {
  if (verb == "call") return std::make_unique<CallParser>();
  if (verb == "daemon log-level") return std::make_unique<LogLevelParser>();
  if (verb == "introspect") return std::make_unique<IntrospectParser>();
  for (const auto& [name, action] : actions)
    if (verb == name) return std::make_unique<DaemonParser>(action);
  return nullptr;
}

}  // namespace procpool::client
