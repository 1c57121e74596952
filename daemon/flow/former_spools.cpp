#include "daemon/flow/former_spools.hpp"

#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "daemon/pool/live_output.hpp"

namespace procpool::flow {

void FormerSpools::find_in(const std::string& directory) {
  std::error_code failed;  // then all of them stay
  for (const auto& file : std::filesystem::directory_iterator(directory, failed))
    files_.insert(file.path().string());
}

void FormerSpools::keep(const std::string& spool) {
  for (const std::string& file : pool::files_of_spool(spool)) files_.erase(file);
}

void FormerSpools::keep_all_of(JobId job) {
  const std::string begin = std::to_string(job.number) + "-";
  std::erase_if(files_, [&](const std::string& file) {
    return std::filesystem::path(file).filename().string().starts_with(begin);
  });
}

void FormerSpools::remove_others() {
  for (const std::string& file : std::exchange(files_, {})) ::unlink(file.c_str());
}

}  // namespace procpool::flow
