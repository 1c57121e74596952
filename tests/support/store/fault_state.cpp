#include "tests/support/store/fault_state.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>

namespace procpool::test {
namespace {

constexpr std::size_t sector = 512;

void put(std::string& content, std::uint64_t place, std::string_view bytes) {
  if (content.size() < place + bytes.size()) content.resize(place + bytes.size());
  content.replace(place, bytes.size(), bytes);
}

}  // namespace

std::string file_content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

void set_file_content(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

std::string DiskFile::after_power_cut(std::mt19937& random) const {
  std::string content = synced;
  for (const UnsyncedChange& change : changes) {
    const auto fate = random() % 3;  // all of it, nothing, some of it
    if (fate == 1) continue;
    if (change.cut) {
      content.resize(std::min<std::size_t>(content.size(), change.place));
      continue;
    }
    for (std::size_t from = 0; from < change.bytes.size(); from += sector)
      if (fate == 0 || random() % 2 == 0)
        put(content, change.place + from, std::string_view(change.bytes).substr(from, sector));
  }
  return content;
}

int Faults::State::next(bool needs_room) {
  const std::uint64_t call = ++calls;
  if (fault == Fault::none || call < chosen || (call > chosen && !for_good)) return 0;
  switch (fault) {
    case Fault::io_error: return EIO;
    case Fault::no_room: return needs_room ? ENOSPC : 0;
    case Fault::end: ::_exit(42);
    case Fault::power_cut: cut_power();
    case Fault::none: break;
  }
  return 0;
}

void Faults::State::cut_power() {
  for (const auto& [path, file] : disk)
    if (!file.changes.empty()) set_file_content(path, file.after_power_cut(random));
  for (auto at = renames.rbegin(); at != renames.rend(); ++at)
    if (random() % 2 == 0) (void)std::rename(at->second.c_str(), at->first.c_str());
  ::_exit(42);
}

void Faults::State::note_opened(const std::string& path) {
  if (fault == Fault::power_cut && !disk.contains(path)) disk[path].synced = file_content(path);
}

void Faults::State::note_change(const std::string& path, UnsyncedChange change) {
  if (fault == Fault::power_cut) disk[path].changes.push_back(std::move(change));
}

void Faults::State::note_synced(const std::string& path) {
  if (fault == Fault::power_cut) disk[path] = {file_content(path), {}};
}

}  // namespace procpool::test
