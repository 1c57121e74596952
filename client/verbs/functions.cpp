#include "client/print_pools.hpp"
#include "client/verbs/listing.hpp"
#include "client/verbs/verbs.hpp"

namespace procpool::client {

Result<int> list_functions(const Caller& caller, const request::ListFunctions& action) {
  return print_many(caller, action, "functions", print_functions);
}

}  // namespace procpool::client
