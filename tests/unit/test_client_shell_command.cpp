#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "client/shell_command.hpp"

using procpool::client::HasInputs;
using procpool::client::shell_command;
using Words = std::vector<std::string>;

namespace {

/// The script that the shell gets for a job with inputs.
std::string script_of(const std::string& script) { return shell_command(script, HasInputs::yes).at(2); }

}  // namespace

TEST_CASE("without inputs the script is the user's") {
  CHECK(shell_command("echo {} ${#}", HasInputs::no) == Words{"/bin/sh", "-c", "echo {} ${#}"});
}

TEST_CASE("each placeholder is a parameter, and the worker fills in the parameters") {
  CHECK(shell_command("cp {} {.}.bak; cat {}", HasInputs::yes) ==
        Words{"/bin/sh", "-c", R"(cp "${1}" "${2}".bak; cat "${1}")", "sh", "{}", "{.}"});
  CHECK(shell_command("echo {//} {/.} {/} {#} {%}", HasInputs::yes) ==
        Words{"/bin/sh", "-c", R"(echo "${1}" "${2}" "${3}" "${4}" "${5}")", "sh", "{//}", "{/.}", "{/}",
              "{#}", "{%}"});
}

TEST_CASE("the quotes around a placeholder are heeded") {
  CHECK(script_of(R"(echo "a {} b")") == R"(echo "a ${1} b")");
  CHECK(script_of(R"(echo 'a {} b')") == R"(echo 'a '"${1}"' b')");
  CHECK(script_of(R"(echo "it's {}" {})") == R"(echo "it's ${1}" "${1}")");
  CHECK(script_of(R"(echo \"{} \'{})") == R"(echo \""${1}" \'"${1}")");
}

TEST_CASE("inside of a command substitution the quotes begin anew") {
  CHECK(script_of(R"(echo "x $(wc -l < {}) {}")") == R"(echo "x $(wc -l < "${1}") ${1}")");
  CHECK(script_of(R"(echo "$(basename "{}") {}")") == R"(echo "$(basename "${1}") ${1}")");
  CHECK(script_of("(cd {//}; ls) | head") == R"((cd "${1}"; ls) | head)");
}

TEST_CASE("without a placeholder the input is appended, unless the script takes $1 itself") {
  CHECK(shell_command("wc -c", HasInputs::yes) == Words{"/bin/sh", "-c", R"(wc -c "${1}")", "sh", "{}"});
  CHECK(script_of("echo \"$1\"") == "echo \"$1\"");
  CHECK(script_of("echo \"$@\"") == "echo \"$@\"");
  CHECK(script_of("echo '$1'") == R"(echo '$1' "${1}")");
}

TEST_CASE("the shell's own ${#} is no placeholder") {
  CHECK(script_of("echo ${#} {}") == R"(echo $# "${1}")");
}
