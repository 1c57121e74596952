#pragma once

#include <set>

namespace procpool::test {

/// Stands at the begin of a test that makes processes or descriptors, and fails it at
/// its end if another descriptor is open than before, or any child is left, dead or
/// alive.
class ProcessAudit {
 public:
  ProcessAudit();
  ~ProcessAudit();
  ProcessAudit(const ProcessAudit&) = delete;
  ProcessAudit& operator=(const ProcessAudit&) = delete;

 private:
  std::set<int> before_;
};

}  // namespace procpool::test
