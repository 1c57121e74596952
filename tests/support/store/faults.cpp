// A shim between SQLite and its way to the file system (sqlite.org/vfs.html), and one for
// the files beside the database. What does not change the disk goes straight through.

#include "tests/support/store/faults.hpp"

#include <cerrno>
#include <cstring>

#include "tests/support/store/fault_state.hpp"

namespace procpool::test {
namespace {

struct ShimFile {
  sqlite3_file base;
  Faults::State* state;
  bool watched;  // the shared memory and temporary files are not
  char path[4096];
};

ShimFile& shim(sqlite3_file* file) { return *reinterpret_cast<ShimFile*>(file); }
/// The real file lies behind ours.
sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<sqlite3_file*>(&shim(file) + 1); }
const sqlite3_io_methods& real_methods(sqlite3_file* file) { return *real(file)->pMethods; }

/// Counts the call; the code to fail with, or SQLITE_OK.
int spoil(sqlite3_file* file, bool needs_room, int code) {
  const int reason = shim(file).watched ? shim(file).state->next(needs_room) : 0;
  if (reason == 0) return SQLITE_OK;
  return reason == ENOSPC ? SQLITE_FULL : code;
}

int close_file(sqlite3_file* file) { return real_methods(file).xClose(real(file)); }
int read_file(sqlite3_file* file, void* to, int size, sqlite3_int64 from) {
  return real_methods(file).xRead(real(file), to, size, from);
}
int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 to) {
  if (const int code = spoil(file, true, SQLITE_IOERR_WRITE); code != SQLITE_OK) return code;
  if (shim(file).watched)
    shim(file).state->note_change(
        shim(file).path,
        {static_cast<std::uint64_t>(to),
         std::string(static_cast<const char*>(from), static_cast<std::size_t>(size)), false});
  return real_methods(file).xWrite(real(file), from, size, to);
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  if (const int code = spoil(file, false, SQLITE_IOERR_TRUNCATE); code != SQLITE_OK) return code;
  if (shim(file).watched)
    shim(file).state->note_change(shim(file).path, {static_cast<std::uint64_t>(size), {}, true});
  return real_methods(file).xTruncate(real(file), size);
}
int sync_file(sqlite3_file* file, int flags) {
  if (const int code = spoil(file, false, SQLITE_IOERR_FSYNC); code != SQLITE_OK) return code;
  const int code = real_methods(file).xSync(real(file), flags);
  if (shim(file).watched) shim(file).state->note_synced(shim(file).path);
  return code;
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return real_methods(file).xFileSize(real(file), size);
}
int lock(sqlite3_file* file, int how) { return real_methods(file).xLock(real(file), how); }
int unlock(sqlite3_file* file, int how) { return real_methods(file).xUnlock(real(file), how); }
int check_lock(sqlite3_file* file, int* result) {
  return real_methods(file).xCheckReservedLock(real(file), result);
}
int control(sqlite3_file* file, int what, void* argument) {
  return real_methods(file).xFileControl(real(file), what, argument);
}
int sector_size(sqlite3_file* file) { return real_methods(file).xSectorSize(real(file)); }
int characteristics(sqlite3_file* file) { return real_methods(file).xDeviceCharacteristics(real(file)); }
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
  return real_methods(file).xShmMap(real(file), page, size, extend, memory);
}
int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  return real_methods(file).xShmLock(real(file), offset, count, flags);
}
void shm_barrier(sqlite3_file* file) { real_methods(file).xShmBarrier(real(file)); }
int shm_unmap(sqlite3_file* file, int remove) { return real_methods(file).xShmUnmap(real(file), remove); }

constexpr sqlite3_io_methods methods{
    2,        close_file,  read_file,  write_file, truncate_file, sync_file,       file_size,
    lock,     unlock,      check_lock, control,    sector_size,   characteristics, shm_map,
    shm_lock, shm_barrier, shm_unmap,  nullptr,    nullptr};

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto& state = *static_cast<Faults::State*>(vfs->pAppData);
  file->pMethods = nullptr;
  shim(file).state = &state;
  shim(file).watched = name != nullptr && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) != 0;
  std::strncpy(shim(file).path, name != nullptr ? name : "", sizeof shim(file).path - 1);
  if (shim(file).watched && state.next(true) != 0) return SQLITE_CANTOPEN;
  const int code = state.real->xOpen(state.real, name, real(file), flags, out_flags);
  if (code != SQLITE_OK) return code;
  if (shim(file).watched) state.note_opened(name);
  file->pMethods = &methods;
  return code;
}

int delete_file(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  auto& state = *static_cast<Faults::State*>(vfs->pAppData);
  if (state.next(false) != 0) return SQLITE_IOERR_DELETE;
  state.note_removed(name);
  return state.real->xDelete(state.real, name, sync_directory);
}

/// The same for the files beside the database.
class SpoiledFileCalls : public store::FileCalls {
 public:
  explicit SpoiledFileCalls(std::shared_ptr<Faults::State> state) : state_(std::move(state)) {}

  int make_directory(const std::string& path) override {
    const int reason = state_->next(true);
    return reason != 0 ? reason : FileCalls::make_directory(path);
  }
  int write(const std::string& path, std::string_view bytes) override {
    if (const int reason = state_->next(true); reason != 0) {
      (void)FileCalls::write(path, bytes.substr(0, bytes.size() / 2));
      return reason;
    }
    state_->note_opened(path);
    state_->note_change(path, {0, {}, true});
    state_->note_change(path, {0, std::string(bytes), false});
    return FileCalls::write(path, bytes);
  }
  int sync(const std::string& path) override {
    if (const int reason = state_->next(false); reason != 0) return reason;
    const int failed = FileCalls::sync(path);
    if (state_->disk.contains(path)) {
      state_->note_synced(path);
    } else {
      state_->renames.clear();
    }
    return failed;
  }
  int rename(const std::string& from, const std::string& to) override {
    if (const int reason = state_->next(true); reason != 0) return reason;
    state_->note_removed(from);
    if (state_->fault == Fault::power_cut) state_->renames.emplace_back(from, to);
    return FileCalls::rename(from, to);
  }
  int remove(const std::string& path) override {
    const int reason = state_->next(false);
    return reason != 0 ? reason : FileCalls::remove(path);
  }

 private:
  std::shared_ptr<Faults::State> state_;
};

}  // namespace

Faults::Faults() : state_(std::make_shared<State>()) {
  state_->real = sqlite3_vfs_find(nullptr);
  state_->vfs = *state_->real;
  state_->name = "faults-" + std::to_string(reinterpret_cast<std::uintptr_t>(state_.get()));
  state_->vfs.zName = state_->name.c_str();
  state_->vfs.pNext = nullptr;
  state_->vfs.szOsFile = static_cast<int>(sizeof(ShimFile)) + state_->real->szOsFile;
  // The other calls are those of the real one, which uses what it finds in its own pAppData.
  state_->vfs.pAppData = state_.get();
  state_->vfs.xOpen = open_file;
  state_->vfs.xDelete = delete_file;
  sqlite3_vfs_register(&state_->vfs, 0);
}

Faults::~Faults() { sqlite3_vfs_unregister(&state_->vfs); }

void Faults::arm(Fault fault, std::uint64_t call, std::uint32_t seed, bool for_good) {
  state_->fault = fault;
  state_->chosen = call;
  state_->for_good = for_good;
  if (fault == Fault::power_cut) state_->random.seed(seed);
  state_->calls = 0;
}

std::uint64_t Faults::calls() const { return state_->calls; }
const char* Faults::vfs() const { return state_->name.c_str(); }
std::shared_ptr<store::FileCalls> Faults::files() { return std::make_shared<SpoiledFileCalls>(state_); }

}  // namespace procpool::test
