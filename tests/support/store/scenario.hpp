#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/support/store/faults.hpp"
#include "tests/support/store/store_fixture.hpp"

/// One story of some twenty pushes with every kind of change in it, to be spoiled at each
/// of its calls.
namespace procpool::test {

inline constexpr std::size_t small_row = 2000;  // [bytes]; so that some outcomes are files

/// In groups: what comes together is what waited together.
const std::vector<std::vector<store::Push>>& scenario();
std::vector<store::Push> all_pushes();

/// Runs it all; tells `acknowledge` the number of each push that was committed. Sweeping
/// goes on in between.
void run_scenario(Faults& faults, const std::string& directory,
                  const std::function<void(std::size_t)>& acknowledge);

/// What is there after each number of pushes, from none to all.
const std::vector<std::string>& contents();

/// Opens it as the next daemon does. What was acknowledged is there, and perhaps the next
/// pushes, in their order and whole. Returns how many pushes are there.
std::size_t check_what_is_left(const std::string& directory, std::size_t acknowledged);

}  // namespace procpool::test
