// The words for what a job is made of, and what a pool may be.

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "common/job/pool_spec.hpp"
#include "common/job/spec.hpp"
#include "common/job/state.hpp"
#include "common/protocol/interface.hpp"
#include "common/protocol/time_text.hpp"
#include "tests/support/varlink_idl.hpp"

namespace procpool {
namespace {

/// The words of an enum are those of the interface file, in its order, and read back.
template <class Enum>
void check_words(const std::string& type, Enum last, std::optional<Enum> (*named)(std::string_view)) {
  const auto words = test::read_idl(protocol::interface_description()).types.at(type).words;
  REQUIRE(words.size() == static_cast<std::size_t>(last) + 1);
  for (std::size_t i = 0; i < words.size(); ++i) {
    CHECK(name_of(static_cast<Enum>(i)) == words[i]);
    CHECK(named(words[i]) == static_cast<Enum>(i));
  }
  for (const char* word : {"", "unknown", "QUEUED", " map"}) CHECK_FALSE(named(word));
}

std::string problem_of(const PoolSpec& spec) {
  const auto good = check_pool_spec(spec);
  return good ? "" : good.error().message();
}

PoolSpec good_pool(PoolKind kind) {
  PoolSpec spec;
  spec.name = "p";
  spec.kind = kind;
  if (kind == PoolKind::python) spec.module = "tasks";
  if (kind == PoolKind::native) spec.library = "/srv/tasks.so";
  if (kind == PoolKind::program) spec.argv = {"/srv/worker"};
  return spec;
}

WallTime at(std::int64_t microseconds) { return WallTime(std::chrono::microseconds(microseconds)); }

}  // namespace

TEST_CASE("the words of the code are those of the interface file") {
  check_words("State", TaskState::not_launched, task_state_named);
  check_words("Verb", Verb::run, verb_named);
  check_words("Format", Format::raw, format_named);
  check_words("PoolKind", PoolKind::program, pool_kind_named);
}

TEST_CASE("a pool of each kind is good with what its kind needs") {
  for (const PoolKind kind : {PoolKind::command, PoolKind::native, PoolKind::python, PoolKind::program})
    CHECK(problem_of(good_pool(kind)).empty());
}

TEST_CASE("a pool has from 1 to 4096 workers") {
  PoolSpec spec = good_pool(PoolKind::command);
  for (const int workers : {0, -1, 4097, -2'000'000'000}) {
    spec.workers = workers;
    CHECK(problem_of(spec) == "pool 'p' must have from 1 to 4096 workers");
  }
  for (const int workers : {1, 4096}) {
    spec.workers = workers;
    CHECK(problem_of(spec).empty());
  }
}

TEST_CASE("no worker of a pool lives for no time at all") {
  PoolSpec spec = good_pool(PoolKind::command);
  for (const double age : {-1.0, 0.0, 0.009}) {
    spec.max_age = Seconds(age);
    CHECK(problem_of(spec) == "pool 'p' must let its workers live for at least 0.01 seconds");
  }
  spec.max_age = Seconds(0.01);
  CHECK(problem_of(spec).empty());
}

TEST_CASE("the name of a pool can stand in a path and on a command line") {
  PoolSpec spec = good_pool(PoolKind::command);
  for (const std::string& name : {std::string("a"), std::string("A-b_c.9"), std::string(64, 'x')}) {
    spec.name = name;
    CHECK(problem_of(spec).empty());
  }
  for (const std::string& name : {std::string(), std::string(65, 'x'), std::string("a b"), std::string("a/b"),
                                  std::string("\xC3\xA9"), std::string("a\0", 2), std::string("a\n")}) {
    spec.name = name;
    CHECK(problem_of(spec) == "the name of a pool has 1 to 64 letters, digits, '.', '_' or '-'");
  }
}

TEST_CASE("what belongs to one kind of pool is refused for the others") {
  for (const PoolKind kind : {PoolKind::command, PoolKind::native, PoolKind::python, PoolKind::program}) {
    CAPTURE(name_of(kind));
    PoolSpec spec = good_pool(kind);
    spec.module = kind == PoolKind::python ? "" : "tasks";
    CHECK(problem_of(spec).find("module") != std::string::npos);
    spec = good_pool(kind);
    spec.library = kind == PoolKind::native ? "" : "/x.so";
    CHECK(problem_of(spec).find("library") != std::string::npos);
    spec = good_pool(kind);
    spec.argv.resize(kind == PoolKind::program ? 0 : 1);
    CHECK(problem_of(spec).find("command line") != std::string::npos);
  }
}

TEST_CASE("arguments of an initializer need an initializer that takes them") {
  PoolSpec spec = good_pool(PoolKind::python);
  spec.initargs = "[1]";
  CHECK(problem_of(spec) == "pool 'p' has arguments for an initializer, but none");
  spec.initializer = "prepare";
  CHECK(problem_of(spec).empty());
  spec = good_pool(PoolKind::command);
  spec.initializer = "true";
  CHECK(problem_of(spec).empty());
  spec.initargs = "[1]";
  CHECK(problem_of(spec).find("takes no arguments") != std::string::npos);
  spec = good_pool(PoolKind::program);
  spec.initializer = "prepare";
  CHECK(problem_of(spec).find("prepares itself") != std::string::npos);
}

TEST_CASE("times are written as RFC 3339 wants them") {
  CHECK(protocol::to_rfc3339(at(0)) == "1970-01-01T00:00:00.000000Z");
  CHECK(protocol::to_rfc3339(at(1)) == "1970-01-01T00:00:00.000001Z");
  CHECK(protocol::to_rfc3339(at(-1)) == "1969-12-31T23:59:59.999999Z");
  CHECK(protocol::to_rfc3339(at(951'782'400'000'000)) == "2000-02-29T00:00:00.000000Z");
  CHECK(protocol::to_rfc3339(at(1'795'230'245'678'901)) == "2026-11-21T03:04:05.678901Z");
  CHECK(protocol::to_rfc3339(at(7'258'118'399'999'999)) == "2199-12-31T23:59:59.999999Z");
}

}  // namespace procpool
