#include "daemon/pool/brake.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>

#include "common/protocol/outbox.hpp"

namespace procpool::pool {
namespace {

constexpr std::size_t mapped = outbox::text_at;  // [bytes] in the first page

}  // namespace

std::optional<Brake> Brake::on(const os::Fd& outbox) {
  struct stat found {};
  const int seals = fcntl(outbox.get(), F_GET_SEALS);
  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || fstat(outbox.get(), &found) < 0) return std::nullopt;
  if (found.st_size < static_cast<off_t>(mapped)) return std::nullopt;
  void* const memory = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_SHARED, outbox.get(), 0);
  if (memory == MAP_FAILED) return std::nullopt;
  return Brake(memory);
}

void Brake::Unmap::operator()(void* memory) const { munmap(memory, mapped); }

std::optional<std::uint64_t> Brake::stop(std::uint64_t answered, std::uint64_t open) {
  char* const place = static_cast<char*>(memory_.get()) + outbox::begun_at;
  const std::atomic_ref<std::uint64_t> word(*reinterpret_cast<std::uint64_t*>(place));
  std::uint64_t seen = word.load();
  for (;;) {
    const std::uint64_t begun = seen & ~outbox::held;
    if (begun <= answered) return std::nullopt;
    const std::uint64_t running = std::min(begun - answered, open);
    if (seen != begun || running == open) return running;  // it is stopped, or there is no other
    if (word.compare_exchange_strong(seen, begun | outbox::held)) return running;
  }
}

}  // namespace procpool::pool
