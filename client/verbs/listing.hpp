#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "client/caller.hpp"
#include "common/ids.hpp"
#include "common/json/view.hpp"
#include "common/result.hpp"

namespace procpool::client {

using PrintMany = std::function<std::string(const std::vector<json::View>& objects, bool coloured)>;
using PrintOne = std::function<std::string(json::View object, bool coloured)>;

/// Calls, and prints the member `name` of the reply: as JSON, the array or object as
/// it came, if the user wants that, else for people.
Result<int> print_many(const Caller& caller, const request::Any& request, std::string_view name,
                       const PrintMany& print);
Result<int> print_one(const Caller& caller, const request::Any& request, std::string_view name,
                      const PrintOne& print);

/// Standard output gets this text, and it is a success.
Result<int> print_text(const Caller& caller, std::string_view text);

/// The same with the text about a job that was made and is kept, whatever becomes of the text:
/// an error has its id.
Result<int> print_new_job(const Caller& caller, JobId job, std::string_view text);

}  // namespace procpool::client
