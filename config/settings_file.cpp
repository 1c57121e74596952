#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/os/fd.hpp"
#include "config/settings_reader.hpp"

namespace procpool::config {
namespace {

constexpr std::size_t longest_file = 1 << 20;

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == 0) return "/";
  const std::string directory = slash == std::string::npos ? "" : path.substr(0, slash);
  if (directory.starts_with('/')) return directory;
  std::string current(4096, '\0');
  if (getcwd(current.data(), current.size()) == nullptr) return directory;
  current.resize(current.find('\0'));
  return directory.empty() ? current : current + "/" + directory;
}

Result<Settings> read_one(std::string_view text, const Source& source) {
  const auto root = parse_toml(text, source);
  if (!root) return root.error();
  SettingsReader reader;
  if (auto good = reader.read(source, *root); !good) return good.error();
  return reader.finish();
}

/// Whoever may write settings decides what the daemon's user runs.
Result<void> check_owner(int file, const std::string& what, const std::vector<uid_t>& owners) {
  struct stat found {};
  if (owners.empty() || fstat(file, &found) != 0) return {};
  if (std::find(owners.begin(), owners.end(), found.st_uid) != owners.end()) return {};
  return Error(ErrorCode::invalid_parameter, what + ": it belongs to user " + std::to_string(found.st_uid) +
                                                 "; name it with --config if it is to be read");
}

}  // namespace

Result<std::string> contents_of(const std::string& path, const std::vector<uid_t>& owners) {
  const std::string what = "cannot read the settings in '" + path + "'";
  const os::Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) return Error::system(what, errno);
  if (auto good = check_owner(file.get(), what, owners); !good) return good.error();
  std::string text;
  for (;;) {
    const std::size_t length = text.size();
    text.resize(length + 64 * 1024);
    const ssize_t count = read(file.get(), text.data() + length, text.size() - length);
    if (count < 0 && errno != EINTR) return Error::system(what, errno);
    text.resize(length + static_cast<std::size_t>(count < 0 ? 0 : count));
    if (count == 0) return text;
    if (text.size() > longest_file)
      return Error(ErrorCode::invalid_parameter, what + ": it is larger than 1 MiB");
  }
}

Source source_of(const std::string& path) { return {path, directory_of(path)}; }

Result<Settings> read_text(std::string_view text, const std::string& name, const std::string& directory) {
  return read_one(text, {name, directory});
}

Result<Settings> read_file(const std::string& path) {
  const auto text = contents_of(path);
  if (!text) return text.error();
  return read_one(*text, source_of(path));
}

}  // namespace procpool::config
