// What a native worker says of its tasks, on the channel and meanwhile in the outbox.

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/os/channel_pair.hpp"
#include "common/os/unix_socket.hpp"
#include "daemon/pool/last_answers.hpp"
#include "daemon/worker/batch_answers.hpp"

namespace {

using namespace procpool;
using Sending = worker::BatchAnswers::Sending;

struct Batch {
  os::ChannelPair pair = os::make_channel_pair().value();
  worker::Channel channel{std::move(pair.theirs)};
  worker::Outbox outbox = worker::Outbox::make(4096).value();
  os::Fd memory = outbox.take_descriptor();
  worker::BatchAnswers answers{channel, outbox, 7};

  void value(const std::string& json, Sending how, const Measures* measures = nullptr) {
    answers.begin_value() += json;
    REQUIRE(answers.settle_value(how, measures));
  }
  void error(Sending how) {
    answers.begin_value() += "half a val";
    REQUIRE(answers.settle_error(how, {"E", "bad", "", ""}, nullptr));
  }

  std::string heard() const {
    std::string room(100'000, '\0');
    std::vector<os::Fd> none;
    const auto received =
        os::receive_some(pair.ours.get(), room.data(), room.size(), none, os::Blocking::never);
    return room.substr(0, received->bytes);
  }
  std::string in_outbox() const { return pool::read_outbox(memory)->lines; }
  std::uint64_t settled_before() const { return pool::read_outbox(memory)->settled_before; }
};

const std::string error_line = R"({"batch":7,"state":"failed","error":{"code":"E","message":"bad"}})"
                               "\n";

TEST_CASE("an answer that is sent at once is a line of its own, and stands in no outbox") {
  Batch batch;
  batch.value("1", Sending::at_once);
  CHECK(batch.heard() == "{\"batch\":7,\"values\":[1]}\n");
  batch.error(Sending::at_once);
  CHECK(batch.heard() == error_line);
  const Measures measures{0.5, 0.25, 1024};
  batch.value("\"a b\"", Sending::at_once, &measures);
  CHECK(batch.heard() ==
        R"({"batch":7,"values":["a b"],"seconds":[0.5],"cpu_seconds":[0.25],"max_rss_kib":[1024]})"
        "\n");
  CHECK(batch.in_outbox().empty());
}

TEST_CASE("gathered values are in the outbox one by one, and are sent without a blank between") {
  Batch batch;
  batch.value("1", Sending::gathered);
  CHECK(batch.in_outbox() == "{\"batch\":7,\"values\":[1]}\n");
  batch.value("4", Sending::gathered);
  CHECK(batch.in_outbox() == "{\"batch\":7,\"values\":[1\t,4]}\n");
  CHECK(batch.heard().empty());
  REQUIRE(batch.answers.send());
  CHECK(batch.heard() == "{\"batch\":7,\"values\":[1,4]}\n");
  CHECK(batch.in_outbox().empty());
  batch.value("9", Sending::gathered);
  CHECK(batch.settled_before() == 2);
  REQUIRE(batch.answers.send());
  CHECK(batch.heard() == "{\"batch\":7,\"values\":[9]}\n");
  REQUIRE(batch.answers.send());
  CHECK(batch.heard().empty());
}

TEST_CASE("an error between values closes their line, and nothing is left of the value that was begun") {
  Batch batch;
  batch.value("1", Sending::gathered);
  batch.error(Sending::gathered);
  batch.value("3", Sending::gathered);
  const std::string first = "{\"batch\":7,\"values\":[1";
  const std::string last = "{\"batch\":7,\"values\":[3]}\n";
  CHECK(batch.in_outbox() == first + "\t]}\n" + error_line + last);
  REQUIRE(batch.answers.send());
  CHECK(batch.heard() == first + "]}\n" + error_line + last);
  CHECK(batch.in_outbox().empty());
}

TEST_CASE("when the outbox is full everything is sent, each answer once and in order") {
  Batch batch;
  const std::string large = '"' + std::string(3000, 'x') + '"';
  batch.value("1", Sending::gathered);
  batch.value(large, Sending::gathered);
  CHECK(batch.heard().empty());
  batch.value(large, Sending::gathered);
  CHECK(batch.heard() == "{\"batch\":7,\"values\":[1," + large + "," + large + "]}\n");
  CHECK(batch.in_outbox().empty());
  batch.value("5", Sending::gathered);
  CHECK(batch.settled_before() == 3);
  CHECK(batch.in_outbox() == "{\"batch\":7,\"values\":[5]}\n");
}

}  // namespace
