#include "daemon/flow/outcome_of.hpp"

namespace procpool::flow {

Outcome outcome_of(const worker_message::Succeeded& answer) {
  Outcome outcome;
  outcome.count = answer.count;
  outcome.values = answer.joined_values();
  outcome.measures = answer.measures;
  outcome.passed = answer.passed;
  return outcome;
}

Outcome outcome_of(const worker_message::Ended& answer) {
  Outcome outcome;
  outcome.state = answer.state;
  outcome.values = answer.value;
  outcome.error = answer.error;
  outcome.measures = {answer.measures};
  outcome.passed = answer.passed;
  return outcome;
}

}  // namespace procpool::flow
