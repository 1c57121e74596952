#include "daemon/flow/outcome_of.hpp"

namespace procpool::flow {

Outcome outcome_of(const worker_message::Succeeded& answer) {
  Outcome outcome;
  outcome.count = answer.values.size();
  for (const json::View value : answer.values) {
    if (!outcome.values.empty()) outcome.values += ',';
    outcome.values += value.text();
  }
  outcome.measures = answer.measures;
  return outcome;
}

Outcome outcome_of(const worker_message::Ended& answer) {
  Outcome outcome;
  outcome.state = answer.state;
  outcome.values = answer.value;
  outcome.error = answer.error;
  outcome.measures = {answer.measures};
  return outcome;
}

}  // namespace procpool::flow
