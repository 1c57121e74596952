#include "daemon/worker/outbox.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/protocol/outbox.hpp"

namespace procpool::worker {
namespace {

/// Nothing where there can be none. A file size limit would answer with a signal.
os::Fd make_memory(std::size_t size) {
  rlimit limit{};
  if (getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur < size) return {};
  os::Fd memory(memfd_create("procpool-outbox", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory || ftruncate(memory.get(), static_cast<off_t>(size)) < 0 ||
      fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
    return {};
  return memory;
}

/// The bytes before the call are in memory before those behind it.
void keep_order() { std::atomic_signal_fence(std::memory_order_seq_cst); }

}  // namespace

Result<Outbox> Outbox::make(std::size_t size) {
  os::Fd memory = make_memory(size);
  const int flags = memory ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
  void* const base = mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, memory.get(), 0);
  if (base == MAP_FAILED) return Error::system("cannot map memory for answers", errno);
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* const mark = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mark == MAP_FAILED || madvise(mark, page, MADV_WIPEONFORK) < 0 ||
      madvise(base, size, MADV_DONTFORK) < 0) {
    const int error = errno;
    munmap(base, size);
    if (mark != MAP_FAILED) munmap(mark, page);
    return Error::system("cannot keep memory from forked children", error);
  }
  return Outbox(std::move(memory), base, size, mark);
}

Outbox::Outbox(os::Fd memory, void* base, std::size_t size, void* mark)
    : memory_(std::move(memory)),
      base_(static_cast<char*>(base)),
      size_(size),
      mark_(mark),
      is_shared_(static_cast<bool>(memory_)),
      end_(outbox::text_at) {
  *static_cast<char*>(mark_) = 1;
  std::memcpy(base_, outbox::magic.data(), outbox::magic.size());
}

Outbox::Outbox(Outbox&& other) noexcept
    : memory_(std::move(other.memory_)),
      base_(std::exchange(other.base_, nullptr)),
      size_(other.size_),
      mark_(std::exchange(other.mark_, nullptr)),
      is_shared_(other.is_shared_),
      end_(other.end_),
      answered_(other.answered_) {}

Outbox::~Outbox() {
  if (base_ == nullptr) return;
  if (is_mine()) munmap(base_, size_);
  munmap(mark_, static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
}

std::atomic_ref<std::uint64_t> Outbox::begun() {
  return std::atomic_ref(*reinterpret_cast<std::uint64_t*>(base_ + outbox::begun_at));
}

bool Outbox::begin() {
  const auto word = begun();
  std::uint64_t count = word.load();
  while ((count & outbox::held) == 0)
    if (word.compare_exchange_weak(count, count + 1)) return true;
  word.fetch_and(~outbox::held);
  return false;
}

void Outbox::not_begun() { begun().fetch_sub(1); }

std::size_t Outbox::capacity() const { return size_ - outbox::text_at; }

void Outbox::append(std::string_view bytes) {
  if (end_ == outbox::text_at) {
    std::memcpy(base_ + outbox::settled_before_at, &answered_, sizeof answered_);
    keep_order();
  }
  std::memcpy(base_ + end_, bytes.data(), bytes.size());
  end_ += bytes.size();
  keep_order();
}

std::string_view Outbox::text() const { return {base_ + outbox::text_at, end_ - outbox::text_at}; }

void Outbox::clear() {
  std::memset(base_ + outbox::text_at, 0, end_ - outbox::text_at);
  end_ = outbox::text_at;
  keep_order();
}

}  // namespace procpool::worker
