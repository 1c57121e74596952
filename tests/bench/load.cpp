// The loads of the benches, one a run:
//
//   bench_load commits DIRECTORY COUNT                    one-row commits of SQLite (WAL, FULL)
//   bench_load calls SOCKET CONNECTIONS COUNT METHOD PARAMETERS
//
// It prints one JSON object: how many a second, and the median of one in seconds.

#include <sqlite3.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/bench/client.hpp"

namespace procpool::bench {
namespace {

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};

void run(sqlite3* database, const char* statement) {
  if (sqlite3_exec(database, statement, nullptr, nullptr, nullptr) != SQLITE_OK)
    throw std::runtime_error(sqlite3_errmsg(database));
}

/// Of rows as large as a small job, in a database that is made for it.
std::vector<double> commit(const std::string& directory, int count) {
  sqlite3* opened = nullptr;
  const int status = sqlite3_open((directory + "/commits.sqlite").c_str(), &opened);
  const std::unique_ptr<sqlite3, CloseDatabase> database(opened);
  if (status != SQLITE_OK) throw std::runtime_error("cannot open a database in " + directory);
  run(opened, "PRAGMA journal_mode = WAL");
  run(opened, "PRAGMA synchronous = FULL");
  run(opened, "CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, text TEXT)");
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(opened, "INSERT INTO rows (text) VALUES (?)", -1, &prepared, nullptr) != SQLITE_OK)
    throw std::runtime_error(sqlite3_errmsg(opened));
  const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> insert(prepared, sqlite3_finalize);
  const std::string row(200, 'x');
  std::vector<double> took;
  for (int i = 0; i < count; ++i) {
    const double begun = now();
    sqlite3_bind_text(prepared, 1, row.data(), static_cast<int>(row.size()), SQLITE_STATIC);
    if (sqlite3_step(prepared) != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(opened));
    sqlite3_reset(prepared);
    took.push_back(now() - begun);
  }
  return took;
}

int number_in(const std::string& word) {
  int number = 0;
  const auto end = word.data() + word.size();
  const auto [stopped, failed] = std::from_chars(word.data(), end, number);
  if (failed != std::errc() || stopped != end || number < 1)
    throw std::runtime_error("'" + word + "' is not a count");
  return number;
}

std::vector<double> load(const std::vector<std::string>& words) {
  if (words.size() == 3 && words[0] == "commits") return commit(words[1], number_in(words[2]));
  if (words.size() == 6 && words[0] == "calls")
    return Client(words[1], number_in(words[2])).call(words[4], words[5], number_in(words[3]));
  throw std::runtime_error("what to do? See the beginning of tests/bench/load.cpp");
}

}  // namespace
}  // namespace procpool::bench

int main(int argc, char** argv) {
  try {
    const double begun = procpool::bench::now();
    auto took = procpool::bench::load({argv + 1, argv + argc});
    const double seconds = procpool::bench::now() - begun;
    const auto middle = took.begin() + static_cast<std::ptrdiff_t>(took.size() / 2);
    std::nth_element(took.begin(), middle, took.end());
    std::cout << R"({"rate":)" << static_cast<double>(took.size()) / seconds << R"(,"median":)" << *middle
              << "}\n";
    return 0;
  } catch (const std::exception& problem) {
    std::cerr << "bench_load: " << problem.what() << '\n';
    return 1;
  }
}
