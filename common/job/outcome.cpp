#include "common/job/outcome.hpp"

namespace procpool {

std::uint64_t bytes_of(const Outcome& outcome) {
  return sizeof(Outcome) + outcome.values.size() + outcome.inputs.size() +
         outcome.measures.size() * sizeof(Measures) + outcome.passed +
         (outcome.error ? outcome.error->message.size() + outcome.error->traceback.size() : 0);
}

}  // namespace procpool
