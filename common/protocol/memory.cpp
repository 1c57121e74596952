#include "common/protocol/memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace procpool::protocol {
namespace {

constexpr std::size_t most_from_malloc = 256 << 10;  // [bytes]

bool is_mapped(std::size_t size) { return size > most_from_malloc; }

void* map(std::size_t size) {
  return mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void give_back(char* data, std::size_t size) {
  if (is_mapped(size)) {
    munmap(data, size);
  } else {
    std::free(data);
  }
}

}  // namespace

Memory::~Memory() { give_back(data_, size_); }

void Memory::resize(std::size_t size) {
  if (is_mapped(size) != is_mapped(size_)) {
    void* const other = is_mapped(size) ? map(size) : std::malloc(size);
    if (other == MAP_FAILED || other == nullptr) throw std::bad_alloc();
    if (data_ != nullptr) std::memcpy(other, data_, std::min(size, size_));
    give_back(data_, size_);
    data_ = static_cast<char*>(other);
  } else {
    void* const resized =
        is_mapped(size) ? mremap(data_, size_, size, MREMAP_MAYMOVE) : std::realloc(data_, size);
    if (resized == MAP_FAILED || resized == nullptr) throw std::bad_alloc();
    data_ = static_cast<char*>(resized);
  }
  size_ = size;
}

}  // namespace procpool::protocol
