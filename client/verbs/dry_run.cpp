// --dry-run: what would be run, a task a line, as far as it is known without a daemon. Each
// line can be given to a shell, that of a function behind `procpool apply`.

#include <string>
#include <utility>
#include <vector>

#include "client/exit_status.hpp"
#include "client/input_reader.hpp"
#include "client/inputs.hpp"
#include "client/shell_words.hpp"
#include "client/verbs/submission.hpp"
#include "client/verbs/verbs.hpp"
#include "common/job/placeholders.hpp"
#include "common/json/base64.hpp"
#include "common/json/bytes.hpp"

namespace procpool::client {
namespace {

/// The bytes of a command's input. Precondition: we wrote it.
std::string bytes_of(json::View item, bool base64) {
  std::string text = item.decoded_string();
  return base64 ? json::base64_decode(text).value_or("") : text;
}

class Lines {
 public:
  Lines(const Caller& caller, const JobSpec& spec)
      : spec_(spec), as_json_(caller.globals().json), output_(caller.output()) {}

  /// What has come is shown at once: the inputs may be slow.
  Result<void> print(const request::Inputs& inputs) {
    for (const json::View item : json::known_good(inputs.items).elements()) {
      const std::string line =
          spec_.is_command() ? command(item, inputs.base64) : function(argument_texts(item));
      if (auto written = output_.write(line + "\n"); !written) return written;
      ++index_;
    }
    return output_.flush();
  }

 private:
  std::string command(json::View input, bool base64) const {
    const auto& argv = std::get<Command>(spec_.work).argv;
    PlaceholderValues values;
    values.index = index_;
    values.slot = PlaceholderValues::no_slot;
    const std::string bytes = input.is_null() ? "" : bytes_of(input, base64);
    values.input = bytes;
    const auto filled = input.is_null() ? fill_in_without_input(argv, values) : fill_in(argv, values);
    if (!as_json_) return shell_line(filled);
    json::Writer out;
    out.begin_object().field("index", index_);
    json::write_bytes_list(out, "argv", filled);
    return out.end_object().take();
  }

  std::string function(const std::vector<std::string>& arguments) const {
    const auto& call = std::get<FunctionCall>(spec_.work);
    if (!as_json_) {
      std::vector<std::string> words{call.name};
      words.insert(words.end(), arguments.begin(), arguments.end());
      if (!call.kwargs.empty()) words.insert(words.end(), {"--kwargs", call.kwargs});
      return shell_line(words);
    }
    json::Writer out;
    out.begin_object().field("index", index_).field("function", call.name).key("args").begin_array();
    for (const std::string& argument : arguments) out.raw(argument);
    out.end_array();
    if (!call.kwargs.empty()) out.raw_field("kwargs", call.kwargs);
    return out.end_object().take();
  }

  std::vector<std::string> argument_texts(json::View item) const {
    if (!spec_.takes_argument_arrays()) return {std::string(item.text())};
    std::vector<std::string> texts;
    for (const json::View argument : item.elements()) texts.emplace_back(argument.text());
    return texts;
  }

  const JobSpec& spec_;
  bool as_json_;
  Output& output_;
  std::uint64_t index_ = 0;
};

}  // namespace

Result<int> dry_run(const Caller& caller, const Submission& submission) {
  const JobSpec& spec = submission.spec;
  Lines lines(caller, spec);
  if (spec.verb == Verb::apply || spec.verb == Verb::run) {
    const auto inputs =
        spec.is_command() ? no_input() : argument_array(submission.arguments, submission.meaning);
    if (!inputs) return inputs.error();
    if (auto printed = lines.print(*inputs); !printed) return printed.error();
    return exit_status::success;
  }
  constexpr int never_stopped = -1;
  InputReader reader(submission.inputs, submission.meaning);
  auto inputs = first_inputs(caller, submission, reader);
  for (;;) {
    if (!inputs) return inputs.error();
    if (auto printed = lines.print(inputs->inputs); !printed) return printed.error();
    if (inputs->last) return exit_status::success;
    inputs = reader.next(never_stopped);
  }
}

}  // namespace procpool::client
