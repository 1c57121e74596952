#include "client/limit_options.hpp"

#include <utility>

#include "client/option_values.hpp"
#include "common/job/limit_text.hpp"
#include "config/units.hpp"

namespace procpool::client {
namespace {

Error must_be(std::string_view wanted, const std::string& text) {
  return {ErrorCode::invalid_parameter, "must be " + std::string(wanted) + ", not '" + text + "'"};
}

template <class Number>
OptionSet::TakeValue to_count(std::optional<Number>& target, LimitRange range) {
  return to_number(target, range.least, range.most);
}

OptionSet::TakeValue to_size(std::optional<std::int64_t>& target, LimitRange range) {
  return [&target, range](const std::string& text) -> Result<void> {
    const auto bytes = parse_whole_number(text, 0, any_number);
    const auto size = bytes ? static_cast<std::uint64_t>(*bytes) : config::parse_size(text);
    if (!size) return must_be("a size like 512MiB or 2GB, or a number of bytes", text);
    if (*size < static_cast<std::uint64_t>(range.least) || *size > static_cast<std::uint64_t>(range.most))
      return must_be("from " + config::size_text(static_cast<std::uint64_t>(range.least)) + " to " +
                         config::size_text(static_cast<std::uint64_t>(range.most)),
                     text);
    target = static_cast<std::int64_t>(*size);
    return {};
  };
}

OptionSet::TakeValue to_cpus(std::vector<int>& target) {
  return [&target](const std::string& text) -> Result<void> {
    auto cpus = parse_cpu_list(text);
    if (!cpus) return must_be("a list of CPUs like 0-3,6", text);
    target = *std::move(cpus);
    return {};
  };
}

OptionSet::TakeValue to_umask(std::optional<int>& target) {
  return [&target](const std::string& text) -> Result<void> {
    const auto umask = parse_umask(text);
    if (!umask) return must_be("an octal mask from 000 to 777", text);
    target = umask;
    return {};
  };
}

}  // namespace

void LimitOptions::declare(OptionSet& options, std::string_view heading) {
  const auto limit = [&](std::string_view name, std::string_view placeholder, std::string_view description,
                         OptionSet::TakeValue take) {
    options.value(name, placeholder, description,
                  [this, name, take = std::move(take)](const std::string& text) {
                    given_.emplace_back(name);
                    return take(text);
                  });
  };
  options.group(heading);
  limit("--memory", "SIZE", "private writable memory of each process: 512MiB",
        to_size(limits_.memory, limit_range::memory));
  limit("--cpu-seconds", "N", "CPU time of each process: signal XCPU, then KILL",
        to_count(limits_.cpu_seconds, limit_range::cpu_seconds));
  limit("--file-size", "SIZE", "of each file that is written: signal XFSZ",
        to_size(limits_.file_size, limit_range::file_size));
  limit("--open-files", "N", "descriptors of each process",
        to_count(limits_.open_files, limit_range::open_files));
  limit("--processes", "N", "in its control group; without one, of the user, and\nroot has no limit",
        to_count(limits_.processes, limit_range::processes));
  limit("--nice", "N", "the nice value, from -20 (first) to 19 (last)",
        to_count(limits_.nice, limit_range::nice));
  limit("--cpus", "LIST", "the CPUs to run on: 0-3,6", to_cpus(limits_.cpus));
  limit("--umask", "MODE", "the file mode creation mask: 027", to_umask(limits_.umask));
}

}  // namespace procpool::client
