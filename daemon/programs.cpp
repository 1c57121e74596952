#include "daemon/programs.hpp"

#include <filesystem>

namespace procpool {
namespace {

namespace fs = std::filesystem;

constexpr const char* libexec = "libexec/procpool";

Result<std::string> find(const fs::path& our_directory, const char* name) {
  std::error_code ignored;
  for (const fs::path& directory : {our_directory, our_directory.parent_path() / libexec})
    if (fs::exists(directory / name, ignored)) return (directory / name).string();
  return Error(ErrorCode::system, std::string("cannot find ") + name + " beside procpoold, nor in " +
                                      (our_directory.parent_path() / libexec).string());
}

}  // namespace

Result<pool::WorkerPrograms> find_worker_programs(const std::string& python) {
  std::error_code failed;
  const fs::path ourselves = fs::read_symlink("/proc/self/exe", failed);
  if (failed) return Error(ErrorCode::system, "cannot find out where procpoold is: " + failed.message());
  auto worker = find(ourselves.parent_path(), "procpool-worker");
  if (!worker) return worker.error();
  auto runtime = find(ourselves.parent_path(), "procpool_worker.py");
  if (!runtime) return runtime.error();
  return pool::WorkerPrograms{*std::move(worker), python, *std::move(runtime)};
}

}  // namespace procpool
