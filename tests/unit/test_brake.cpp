#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "common/protocol/outbox.hpp"
#include "daemon/pool/brake.hpp"
#include "daemon/worker/outbox.hpp"

namespace {

using namespace procpool;

/// The two ends of an outbox.
struct Ends {
  worker::Outbox worker = worker::Outbox::make(4096).value();
  os::Fd memory = worker.take_descriptor();
  pool::Brake brake = pool::Brake::on(memory).value();
};

}  // namespace

TEST_CASE("a worker that has begun one of its tasks begins no other once it is stopped") {
  Ends ends;
  REQUIRE(ends.worker.begin());
  CHECK(ends.brake.stop(0, 5) == 1);
  CHECK_FALSE(ends.worker.begin());
}

TEST_CASE("being stopped holds for one batch, and is not counted as a task") {
  Ends ends;
  REQUIRE(ends.worker.begin());
  CHECK(ends.brake.stop(0, 2) == 1);
  CHECK_FALSE(ends.worker.begin());
  REQUIRE(ends.worker.begin());  // of the next one
  CHECK(ends.brake.stop(1, 3) == 1);
}

TEST_CASE("a worker that has begun nothing is not stopped: it may be about to") {
  Ends ends;
  CHECK_FALSE(ends.brake.stop(0, 5));
  REQUIRE(ends.worker.begin());
  CHECK_FALSE(ends.brake.stop(1, 4));
  CHECK(ends.worker.begin());
}

TEST_CASE("a worker that runs the last of its tasks is not stopped") {
  Ends ends;
  for (int i = 0; i < 3; ++i) REQUIRE(ends.worker.begin());
  CHECK(ends.brake.stop(0, 3) == 3);
  CHECK(ends.brake.stop(2, 1) == 1);
  CHECK(ends.worker.begin());
}

TEST_CASE("whoever is stopped twice has begun what it had begun the first time") {
  Ends ends;
  for (int i = 0; i < 3; ++i) REQUIRE(ends.worker.begin());
  CHECK(ends.brake.stop(1, 9) == 2);
  CHECK(ends.brake.stop(1, 2) == 2);
  CHECK(ends.brake.stop(2, 1) == 1);
  CHECK_FALSE(ends.worker.begin());
  CHECK(ends.worker.begin());
}

TEST_CASE("however the two race, what is taken back is not begun, and the rest is") {
  Ends ends;
  constexpr std::uint64_t batch = 200;
  std::uint64_t answered = 0;
  for (int round = 0; round < 300; ++round) {
    std::uint64_t ran = 0;
    std::thread worker([&] {
      while (ran < batch && ends.worker.begin()) ++ran;
    });
    std::optional<std::uint64_t> begun;
    for (int tries = 0; tries < 10'000 && !begun; ++tries) begun = ends.brake.stop(answered, batch);
    worker.join();
    CHECK(ran == begun.value_or(batch));
    answered += ran;
  }
}

TEST_CASE("only memory that nobody can shrink is mapped") {
  const std::string text(4096, '\0');
  const auto memory_with = [&](unsigned seals) {
    os::Fd memory(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    REQUIRE(write(memory.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    if (seals != 0) REQUIRE(fcntl(memory.get(), F_ADD_SEALS, seals) == 0);
    return memory;
  };
  CHECK(pool::Brake::on(memory_with(F_SEAL_SHRINK)));
  CHECK_FALSE(pool::Brake::on(memory_with(0)));
  CHECK_FALSE(pool::Brake::on(memory_with(F_SEAL_SHRINK | F_SEAL_WRITE)));
  CHECK_FALSE(pool::Brake::on(os::Fd()));
  CHECK_FALSE(pool::Brake::on(os::Fd(open("/dev/zero", O_RDWR | O_CLOEXEC))));
  os::Fd short_one(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  REQUIRE(fcntl(short_one.get(), F_ADD_SEALS, F_SEAL_SHRINK) == 0);
  CHECK_FALSE(pool::Brake::on(short_one));
}
