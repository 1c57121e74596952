#include "config/accounts.hpp"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <vector>

namespace procpool::config {
namespace {

constexpr std::size_t largest_entry = 16 << 20;  // of a group with all its members [bytes]

/// Asks with more and more room for the entry. `ask` is getpwnam_r(3) or getgrnam_r(3).
template <class Entry, class Ask, class Number>
Result<Number> number_of(const std::string& what, const std::string& name, Ask ask, Number Entry::*number) {
  // A name with a NUL would be looked up without what is behind it.
  const bool can_be = !name.empty() && name.find('\0') == std::string::npos;
  for (std::size_t size = 4096; can_be && size <= largest_entry; size *= 4) {
    std::vector<char> room(size);
    Entry entry{};
    Entry* found = nullptr;
    const int failed = ask(name.c_str(), &entry, room.data(), room.size(), &found);
    if (failed == ERANGE || failed == EINTR) continue;
    if (found != nullptr) return entry.*number;
    // Databases say in many ways that they do not know a name: see getpwnam(3).
    if (failed == EIO || failed == EMFILE || failed == ENFILE || failed == ENOMEM)
      return Error::system("cannot look for the " + what + " '" + name + "'", failed);
    break;
  }
  return Error(ErrorCode::invalid_parameter,
               "there is no " + what + " '" + name + "'; numbers stand without quotes");
}

}  // namespace

Result<uid_t> user_named(const std::string& name) {
  return number_of("user", name, ::getpwnam_r, &passwd::pw_uid);
}

Result<gid_t> group_named(const std::string& name) {
  return number_of("group", name, ::getgrnam_r, &group::gr_gid);
}

}  // namespace procpool::config
