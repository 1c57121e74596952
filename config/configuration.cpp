#include "config/configuration.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "config/key_table.hpp"
#include "config/settings_reader.hpp"

namespace procpool::config {
namespace {

bool is_missing(int error) { return error == ENOENT || error == ENOTDIR; }

/// Is it worth trying to read it? What is not there, or where we may not look, is not if it
/// was not named.
bool is_there(const SettingsFile& file, std::vector<std::string>& notes) {
  struct stat found {};
  if (file.need == SettingsFile::Need::must_be_there || ::stat(file.path.c_str(), &found) == 0) return true;
  // A link that leads nowhere is there, and what it leads to is missed.
  if (is_missing(errno)) return ::lstat(file.path.c_str(), &found) == 0;
  if (errno != EACCES) return true;
  notes.push_back("the settings in '" + file.path +
                  "' are left aside: " + Error::system("the daemon may not look there", EACCES).message());
  return false;
}

/// Whoever may write settings decides what the daemon's user runs.
bool is_open_to_all(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) && (found.st_mode & S_IWOTH) != 0;
}

/// FILE.d/*.toml by name. No such directory: none.
Result<std::vector<std::string>> drop_ins_of(const std::string& file) {
  std::vector<std::string> names;
  const std::filesystem::path directory(file + ".d");
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(directory, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with('.') && name.ends_with(".toml")) names.push_back(entry->path().string());
  }
  if (failed && !is_missing(failed.value()) && failed.value() != EACCES)
    return Error::system("cannot read the drop-ins in '" + directory.string() + "'", failed.value());
  if (failed.value() == EACCES && std::filesystem::exists(std::filesystem::symlink_status(directory, failed)))
    return Error::system("cannot read the drop-ins in '" + directory.string() + "'", EACCES);
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> read_one(SettingsReader& reader, const std::string& path, const SettingsFile& file,
                      Configuration& configuration) {
  const auto text = contents_of(path, file.owners);
  if (!text) return text.error();
  if (is_open_to_all(path))
    configuration.notes.push_back("every user of this machine can change the settings in '" + path +
                                  "', and so what the daemon runs; 'chmod o-w " + path + "' ends that");
  const Source source = source_of(path);
  auto root = parse_toml(*text, source);
  if (!root) return root.error();
  if (!file.admits &&
      std::erase_if(*root, [](const TomlMember& member) { return member.key == "access"; }) > 0)
    configuration.notes.push_back("[access] of '" + path +
                                  "' is for a daemon of root, or one that names the file, and left aside");
  configuration.files.push_back(source.path());
  return reader.read(source, *root);
}

}  // namespace

const Origin& Configuration::origin_of(std::string_view key) const {
  static const Origin built_in;
  const auto found = origins.find(key);
  return found != origins.end() ? found->second : built_in;
}

Result<Configuration> read_configuration(const Sources& sources) {
  SettingsReader reader;
  Configuration configuration;
  for (const SettingsFile& file : sources.files) {
    std::vector<std::string> paths;
    if (is_there(file, configuration.notes)) paths.push_back(file.path);
    auto drop_ins = drop_ins_of(file.path);
    if (!drop_ins) return drop_ins.error();
    paths.insert(paths.end(), drop_ins->begin(), drop_ins->end());
    for (const std::string& path : paths)
      if (auto good = read_one(reader, path, file, configuration); !good) return good.error();
  }
  for (const GivenValue& given : sources.given)
    if (auto good = reader.take(given); !good) return good.error();
  auto settings = reader.finish();
  if (!settings) return settings.error();
  configuration.settings = *std::move(settings);
  configuration.origins = reader.origins();
  return configuration;
}

}  // namespace procpool::config
