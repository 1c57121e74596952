#include "daemon/store/change.hpp"

#include "common/overloaded.hpp"

namespace procpool::store {
namespace {

std::uint64_t text_bytes(const Change& change) {
  return std::visit(
      Overloaded{
          [](const JobAdded& added) {
            return added.spec.size() + added.unique_key.size() + added.after.size();
          },
          [](const JobRecorded& recorded) { return recorded.added.spec.size(); },
          [](const InputsAdded& added) { return added.items.size(); },
          [](const OutcomeAdded& added) { return std::size_t{procpool::bytes_of(added.outcome)}; },
          [](const JobCancelled& cancelled) { return cancelled.reason.size(); },
          [](const PoolSaved& saved) { return saved.spec.size(); },
          [](const auto&) { return std::size_t{0}; },
      },
      change);
}

}  // namespace

std::uint64_t bytes_of(const Push& push) {
  std::uint64_t bytes = sizeof(Push);
  for (const Change& change : push) bytes += sizeof(Change) + text_bytes(change);
  return bytes;
}

}  // namespace procpool::store
