// Spool files as the next daemon reads them: whole, cut off anywhere, and wrong.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "daemon/pool/spool.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace procpool;
using pool::SpoolAccount;
using pool::SpoolBoot;

namespace {

const spool::Header four{JobId{6}, 40, 4, 2};
const std::string header = R"({"spool":1,"job":6,"first":40,"count":4,"attempt":2})";
const std::string well = R"({"batch":19,"values":[{"exit":0}]})";
const std::string badly = R"({"batch":19,"state":"failed","error":{"code":"exit_status","message":"m"}})";

std::string begun(int index) { return "{\"begun\":" + std::to_string(index) + "}"; }
std::string dropped(int count) { return "{\"batch\":19,\"dropped\":" + std::to_string(count) + "}"; }

std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

struct Reading {
  SpoolAccount account;
  std::vector<std::uint64_t> told;
};

struct Spooled {
  test::TemporaryDirectory directory;
  std::string path = directory.path("spool");
  std::size_t line_bytes = 1 << 20;

  Reading read(SpoolBoot boot = SpoolBoot::ours, const spool::Header& batch = four) const {
    Reading reading;
    const auto account = pool::read_spool(
        path, batch, boot,
        [&](std::uint64_t index, const pool::SpoolAnswer&) { reading.told.push_back(index); }, {line_bytes});
    REQUIRE(account);
    reading.account = *account;
    return reading;
  }
  Reading read(const std::string& text, SpoolBoot boot = SpoolBoot::ours) const {
    directory.write("spool", text);
    return read(boot);
  }
  SpoolAccount account_of(const std::vector<std::string>& lines) const {
    SpoolAccount account = read(text_of(lines)).account;
    CHECK(account.answered + account.lost + account.returned == four.count);
    return account;
  }
  /// Whatever follows is not believed: these were answered, the others are lost.
  bool is_damaged_behind(std::uint64_t answered, const std::vector<std::string>& lines) const {
    const SpoolAccount account = account_of(lines);
    return !account.damage.empty() && account.answered == answered && account.lost == 4 - answered;
  }
};

}  // namespace

TEST_CASE("the lines of a spool file come through") {
  const auto described = spool::decode(encode(four));
  REQUIRE(described);
  CHECK(std::get<spool::Header>(*described) == four);
  CHECK(encode(four) == header);
  CHECK(encode(spool::Begun{41}) == begun(41));
  CHECK(std::get<spool::Begun>(*spool::decode(begun(41))).index == 41);
  CHECK(std::holds_alternative<worker_message::Succeeded>(*spool::decode(well)));
  CHECK(std::get<worker_message::Dropped>(*spool::decode(dropped(3))).count == 3);
  for (const char* line :
       {"", "[]", "1", "{}", "nonsense", R"({"spool":2,"job":6,"first":0,"count":1,"attempt":1})",
        R"({"spool":1,"job":6})", R"({"begun":-1})", R"({"begun":1,"more":2})", R"({"ready":{}})",
        R"({"failed":{"code":"a","message":"b"}})"}) {
    CAPTURE(line);
    CHECK_FALSE(spool::decode(line));
  }
}

TEST_CASE("a file says how far its worker was") {
  const Spooled file;
  CHECK(file.account_of({}) == SpoolAccount{0, 0, 4, ""});
  CHECK(file.account_of({header}) == SpoolAccount{0, 0, 4, ""});
  CHECK(file.account_of({header, begun(40)}) == SpoolAccount{0, 1, 3, ""});
  CHECK(file.account_of({header, begun(40), well}) == SpoolAccount{1, 0, 3, ""});
  CHECK(file.account_of({header, begun(40), badly, dropped(3)}) == SpoolAccount{1, 0, 3, ""});
  CHECK(file.account_of({header, begun(40), well, begun(41)}) == SpoolAccount{1, 1, 2, ""});
  // It had begun, could not be started for the moment, and is given back.
  CHECK(file.account_of({header, begun(40), well, begun(41), dropped(3)}) == SpoolAccount{1, 0, 3, ""});
  // Its answer could not be written.
  CHECK(file.account_of({header, begun(40), well, begun(41), dropped(2)}) == SpoolAccount{1, 1, 2, ""});
  // It could not begin, and the answer says so.
  CHECK(file.account_of({header, begun(40), well, badly, dropped(2)}) == SpoolAccount{2, 0, 2, ""});
  CHECK(file.account_of({header, begun(40), well, begun(41), well, begun(42), well, begun(43), badly}) ==
        SpoolAccount{4, 0, 0, ""});
}

TEST_CASE("without a file nothing has begun, unless the machine was started anew") {
  const Spooled file;
  CHECK(file.read().account == SpoolAccount{0, 0, 4, ""});
  CHECK(file.read(SpoolBoot::another).account == SpoolAccount{0, 4, 0, ""});
}

TEST_CASE("of another boot only what stands there counts") {
  const Spooled file;
  const auto account = [&](const std::vector<std::string>& lines) {
    return file.read(text_of(lines), SpoolBoot::another).account;
  };
  CHECK(account({header}) == SpoolAccount{0, 4, 0, ""});
  CHECK(account({header, begun(40), well}) == SpoolAccount{1, 3, 0, ""});
  CHECK(account({header, begun(40), well, dropped(3)}) == SpoolAccount{1, 0, 3, ""});
}

TEST_CASE("a file that ends anywhere says what its whole lines say") {
  const Spooled file;
  const std::vector<std::string> lines{header, begun(40), well, begun(41), badly, dropped(2)};
  const std::string text = text_of(lines);
  for (std::size_t size = 0; size <= text.size(); ++size) {
    CAPTURE(size);
    const std::string prefix = text.substr(0, size);
    const auto whole = static_cast<std::size_t>(std::count(prefix.begin(), prefix.end(), '\n'));
    const SpoolAccount expected[] = {{0, 0, 4, ""}, {0, 0, 4, ""}, {0, 1, 3, ""}, {1, 0, 3, ""},
                                     {1, 1, 2, ""}, {2, 0, 2, ""}, {2, 0, 2, ""}};
    const Reading reading = file.read(prefix);
    CHECK(reading.account == expected[whole]);
    CHECK(reading.told.size() == reading.account.answered);
    for (std::size_t i = 0; i < reading.told.size(); ++i) CHECK(reading.told[i] == 40 + i);
    // What a full disk left of a line that was written again stands behind the last one.
    CHECK(file.read(prefix.substr(0, prefix.rfind('\n') + 1) + "{\"batch\":19,\"val").account ==
          expected[whole]);
  }
}

TEST_CASE("from a line on that cannot be what is not answered is lost") {
  const Spooled file;
  CHECK(file.is_damaged_behind(0, {"nonsense"}));
  CHECK(file.is_damaged_behind(0, {begun(40)}));
  CHECK(file.is_damaged_behind(0, {header, header}));
  CHECK(file.is_damaged_behind(0, {header, begun(41)}));
  CHECK(file.is_damaged_behind(0, {header, begun(40), begun(40)}));
  CHECK(file.is_damaged_behind(0, {header, begun(40), R"({"batch":19,"values":[1,2]})"}));
  CHECK(file.is_damaged_behind(0, {header, begun(40), R"({"batch":19,"values":[]})"}));
  CHECK(file.is_damaged_behind(0, {header, R"({"ready":{}})"}));
  CHECK(file.is_damaged_behind(0, {header, dropped(3)}));
  CHECK(file.is_damaged_behind(0, {header, dropped(5)}));
  CHECK(file.is_damaged_behind(0, {header, begun(40), dropped(2)}));
  CHECK(file.is_damaged_behind(1, {header, begun(40), well, ""}));
  CHECK(file.is_damaged_behind(1, {header, begun(40), well, begun(40)}));
  CHECK(file.is_damaged_behind(1, {header, begun(40), well, begun(41), R"({"batch":20,"values":[1]})"}));
  CHECK(file.is_damaged_behind(1, {header, begun(40), well, dropped(3), begun(41)}));
  CHECK(file.is_damaged_behind(1, {header, begun(40), well, dropped(3), dropped(3)}));
  CHECK(file.is_damaged_behind(4, {header, well, well, well, well, begun(44)}));
}

TEST_CASE("what the tasks began in is taken from the file, if it says so") {
  const Spooled file;
  CHECK_FALSE(file.account_of({header, begun(40), well}).control_group);
  for (const ControlGroup rung : {ControlGroup::limits, ControlGroup::tracking, ControlGroup::none}) {
    spool::Header told = four;
    told.control_group = rung;
    const SpoolAccount account = file.account_of({encode(told), begun(40), well});
    CHECK(account.damage.empty());
    CHECK(account.answered == 1);
    CHECK(account.control_group == rung);
  }
  std::string unknown = header;
  unknown.insert(unknown.size() - 1, R"(,"control_group":"some")");
  CHECK(file.is_damaged_behind(0, {unknown, begun(40), well}));
}

TEST_CASE("a file about another batch says nothing about this one") {
  const Spooled file;
  const std::string text = text_of({header, begun(40), well});
  for (const spool::Header& other : {spool::Header{JobId{7}, 40, 4, 2}, spool::Header{JobId{6}, 41, 4, 2},
                                     spool::Header{JobId{6}, 40, 5, 2}, spool::Header{JobId{6}, 40, 4, 1}}) {
    file.directory.write("spool", text);
    const Reading reading = file.read(SpoolBoot::ours, other);
    CHECK_FALSE(reading.account.damage.empty());
    CHECK(reading.account.lost == other.count);
    CHECK(reading.told.empty());
  }
}

TEST_CASE("what is no ordinary file is not read, and nothing is run again for it") {
  const Spooled file;
  const auto refuses = [&] {
    const SpoolAccount account = file.read().account;
    return !account.damage.empty() && account.lost == 4;
  };
  REQUIRE(mkfifo(file.path.c_str(), 0600) == 0);
  CHECK(refuses());
  std::filesystem::remove(file.path);
  std::filesystem::create_symlink(file.directory.write("elsewhere", text_of({header})), file.path);
  CHECK(refuses());
  std::filesystem::remove(file.path);
  std::filesystem::create_directory(file.path);
  CHECK(refuses());
}

TEST_CASE("a line that is too long is damage, and is not kept in memory") {
  Spooled file;
  file.line_bytes = 200;
  const std::string long_line = R"({"batch":19,"values":[")" + std::string(300, 'x') + "\"]}";
  CHECK(file.is_damaged_behind(1, {header, begun(40), well, begun(41), long_line}));
  CHECK(file.account_of({header, begun(40), well}) == SpoolAccount{1, 0, 3, ""});
}

TEST_CASE("a file that cannot be opened for want of something says nothing about the tasks") {
  const auto account = pool::read_spool("/dev/null/spool", four, SpoolBoot::ours, [](auto, const auto&) {});
  REQUIRE_FALSE(account);
  CHECK(account.error().message() == "cannot open the spool file '/dev/null/spool': Not a directory");
}

TEST_CASE("a worker is of our boot, or of another, or nobody knows, which is the same") {
  CHECK(pool::boot_of({1, 1, os::current_boot_id()}) == SpoolBoot::ours);
  CHECK(pool::boot_of({1, 1, "another"}) == SpoolBoot::another);
  CHECK(pool::boot_of({}) == SpoolBoot::another);
}

TEST_CASE("the name of a file says whose it is") {
  CHECK(pool::spool_file_name(four, {4711, 88112233, "boot"}) == "6-40-2-4711-88112233.spool");
}
