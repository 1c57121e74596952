#include <doctest/doctest.h>

#include "daemon/worker/arguments.hpp"

using procpool::worker::CommandsRole;
using procpool::worker::GuardRole;
using procpool::worker::NativeRole;
using procpool::worker::read_arguments;

TEST_CASE("a worker for commands may have an initializer") {
  CHECK(std::get<CommandsRole>(read_arguments({"commands"}).value()).initializer.empty());
  CHECK(std::get<CommandsRole>(read_arguments({"commands", "--initializer", "a b"}).value()).initializer ==
        "a b");
  CHECK(std::get<CommandsRole>(read_arguments({"commands", "--initializer=a=b"}).value()).initializer ==
        "a=b");
}

TEST_CASE("a worker for commands may have limits for them") {
  const auto role = read_arguments({"commands", "--limits", R"({"umask":"027"})"}).value();
  CHECK(std::get<CommandsRole>(role).limits.umask == 027);
  CHECK(read_arguments({"commands", "--limits", R"({"umask":"9"})"}).error().message() ==
        "--limits: 'umask' must be an octal mask from \"000\" to \"777\"");
}

TEST_CASE("a worker for commands may have a control group") {
  const auto role = read_arguments({"commands", "--control-group", "/sys/fs/cgroup/x"}).value();
  CHECK(std::get<CommandsRole>(role).control_group == "/sys/fs/cgroup/x");
}

TEST_CASE("a native worker has a library") {
  const auto role =
      read_arguments({"native", "--initargs", "[1]", "--library", "x.so", "--initializer", "f"}).value();
  const auto& native = std::get<NativeRole>(role);
  CHECK(native.library == "x.so");
  CHECK(native.initializer == "f");
  CHECK(native.initargs == "[1]");
}

TEST_CASE("a guard has a mark that is an entry of an environment") {
  const auto role = read_arguments({"guard", "--mark", "NAME=1-"}).value();
  CHECK(std::get<GuardRole>(role).mark == "NAME=1-");
  CHECK(read_arguments({"guard", "--mark", "NAME"}).error().message() == "--mark must be NAME=VALUE");
}

TEST_CASE("a guard may have control groups") {
  const auto role = read_arguments({"guard", "--mark", "N=1", "--control-groups", "/x/y"}).value();
  CHECK(std::get<GuardRole>(role).control_groups == "/x/y");
}

TEST_CASE("anything else is refused with the reason") {
  const auto reason = [](const std::vector<std::string>& words) {
    return read_arguments(words).error().message();
  };
  CHECK(reason({}) == "the kind of the worker must be 'commands', 'native' or 'guard'");
  CHECK(reason({"python"}) == "the kind of the worker must be 'commands', 'native' or 'guard'");
  CHECK(reason({"commands", "--library", "x"}) == "unknown option '--library'");
  CHECK(reason({"commands", "extra"}) == "unknown option 'extra'");
  CHECK(reason({"commands", "--initializer"}) == "--initializer needs a value");
  CHECK(reason({"native", "--library=a", "--library=b"}) == "--library stands twice");
  CHECK(reason({"native"}) == "--library is missing");
}
