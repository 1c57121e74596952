#include "tests/support/other_user.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace procpool::test {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char letter : text) out += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return out + "'";
}

}  // namespace

bool can_act_as_others() {
  const bool can = ::geteuid() == 0 && std::system("setpriv --reuid=54321 --clear-groups true") == 0;
  if (!can) MESSAGE("skipped: only root can act as other users, and needs setpriv for it");
  return can;
}

OtherUser::OtherUser(const TestDaemon& daemon, int uid, int gid, const std::vector<int>& groups)
    : daemon_(daemon) {
  // The directory of the built programs may be closed to others.
  namespace fs = std::filesystem;
  fs::permissions(daemon.path(""), fs::perms(0711));
  fs::copy_file(PROCPOOL_BIN_DIR "/procpool", daemon.path("procpool"), fs::copy_options::skip_existing);
  std::string list;
  for (const int group : groups) list += (list.empty() ? "" : ",") + std::to_string(group);
  prefix_ = "exec setpriv --reuid=" + std::to_string(uid) + " --regid=" + std::to_string(gid) +
            (list.empty() ? " --clear-groups" : " --groups=" + list) + " env PATH=\"$PWD:$PATH\" sh -c ";
}

Program OtherUser::start(const std::string& line, const std::string& input) const {
  return daemon_.start(prefix_ + quoted(line), input);
}

std::string OtherUser::say(const std::string& line, const std::string& input) const {
  Finished finished = sh(line, input);
  INFO(line << ": " << finished.err);
  REQUIRE(finished.status == 0);
  if (finished.out.ends_with('\n')) finished.out.pop_back();
  return finished.out;
}

nlohmann::json OtherUser::json(const std::string& line) const {
  return nlohmann::json::parse(say("procpool --json " + line));
}

}  // namespace procpool::test
