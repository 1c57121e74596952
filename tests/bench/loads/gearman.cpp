// The same round trip by gearmand:
//
//   bench_gearman worker PORT            answers "same" with what it got, until it is killed
//   bench_gearman client PORT COUNT      prints {"rate": calls a second}

#include <libgearman/gearman.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/bench/loads/calls.hpp"

namespace procpool::bench {
namespace {

gearman_return_t same(gearman_job_st* job, void*) {
  return gearman_job_send_complete(job, gearman_job_workload(job), gearman_job_workload_size(job));
}

void work(in_port_t port) {
  const std::unique_ptr<gearman_worker_st, decltype(&gearman_worker_free)> worker(
      gearman_worker_create(nullptr), gearman_worker_free);
  gearman_worker_add_server(worker.get(), "127.0.0.1", port);
  const gearman_function_t function =
      gearman_function_create_v2([](gearman_job_st* job, void* context) { return same(job, context); });
  gearman_worker_define_function(worker.get(), "same", 4, function, 0, nullptr);
  while (gearman_worker_work(worker.get()) == GEARMAN_SUCCESS) {
  }
}

double rate_of_calls(in_port_t port, int count) {
  const std::unique_ptr<gearman_client_st, decltype(&gearman_client_free)> client(
      gearman_client_create(nullptr), gearman_client_free);
  gearman_client_add_server(client.get(), "127.0.0.1", port);
  const std::string question = "12";
  const double begun = now();
  for (int i = 0; i < count; ++i) {
    std::size_t size = 0;
    gearman_return_t became = GEARMAN_SUCCESS;
    const std::unique_ptr<void, decltype(&std::free)> answer(
        gearman_client_do(client.get(), "same", nullptr, question.data(), question.size(), &size, &became),
        std::free);
    if (became != GEARMAN_SUCCESS || std::string(static_cast<char*>(answer.get()), size) != question)
      throw std::runtime_error(gearman_client_error(client.get()));
  }
  return count / (now() - begun);
}

}  // namespace
}  // namespace procpool::bench

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> words(argv + 1, argv + argc);
    const auto port = static_cast<in_port_t>(words.size() > 1 ? std::stoi(words[1]) : 0);
    if (words.size() == 2 && words[0] == "worker")
      procpool::bench::work(port);
    else if (words.size() == 3 && words[0] == "client")
      std::cout << R"({"rate":)" << procpool::bench::rate_of_calls(port, std::stoi(words[2])) << "}\n";
    else
      throw std::runtime_error("what to do? See the beginning of tests/bench/loads/gearman.cpp");
    return 0;
  } catch (const std::exception& problem) {
    std::cerr << "bench_gearman: " << problem.what() << '\n';
    return 1;
  }
}
