// A fuzz target without its fuzzer: every kept input, and then as many changed ones as
// take a moment. It is in every build, so that a broken promise is seen at once; for the
// search for new paths there is tests/fuzz/run.
//
//   replay_NAME DIRECTORY [CHANGED_INPUTS]

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.hpp"

namespace {

using Random = std::mt19937_64;

constexpr std::size_t longest = 8192;

std::size_t below(Random& random, std::size_t bound) {
  return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
}

void run(const std::string& input) {
  // An allocation of its own, so that a read beyond the end is seen.
  const std::vector<std::uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::vector<std::string> kept_inputs(const char* directory) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> inputs;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    inputs.push_back(content.str());
  }
  return inputs;
}

/// A byte less, a byte more, another byte, a part twice, or the end of another input.
void change(std::string& input, const std::vector<std::string>& inputs, Random& random) {
  constexpr std::string_view telling("{}[]\",:\\\0\n =-.0e\x80\xff", 19);
  const std::size_t place = below(random, input.size() + 1);
  const char byte =
      below(random, 2) == 0 ? telling[below(random, telling.size())] : static_cast<char>(below(random, 256));
  switch (below(random, 5)) {
    case 0: input.erase(place, 1 + below(random, 8)); break;
    case 1: input.insert(place, 1, byte); break;
    case 2:
      if (place < input.size()) input[place] = byte;
      break;
    case 3: input.insert(place, input.substr(below(random, input.size() + 1), 1 + below(random, 64))); break;
    default: {
      const std::string& other = inputs[below(random, inputs.size())];
      input.resize(place);
      input += other.substr(below(random, other.size() + 1));
      break;
    }
  }
  if (input.size() > longest) input.resize(longest);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::vector<std::string> inputs = kept_inputs(argv[1]);
  if (inputs.empty()) return 2;
  for (const std::string& input : inputs) run(input);

  const char* given = std::getenv("PROCPOOL_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  const int changed = argc > 2 ? std::atoi(argv[2]) : 20'000;
  std::cout << inputs.size() << " kept inputs, " << changed << " changed ones, PROCPOOL_SEED=" << seed
            << std::endl;
  Random random(seed);
  for (int i = 0; i < changed; ++i) {
    std::string input = inputs[below(random, inputs.size())];
    for (std::size_t times = 1 + below(random, 6); times > 0; --times) change(input, inputs, random);
    run(input);
  }
}
