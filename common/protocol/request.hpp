#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/ids.hpp"
#include "common/job/command_value.hpp"
#include "common/job/pool_spec.hpp"
#include "common/job/record.hpp"
#include "common/job/spec.hpp"
#include "common/log_level.hpp"
#include "common/text.hpp"

/// What a client can ask: one struct a method of io.procpool.varlink, in its order.
namespace procpool::request {

/// A batch of inputs. `items` is a JSON array that has been checked; its elements
/// are base64 strings if `base64` is set. Where each of them begins is known of what a
/// client has sent.
struct Inputs {
  Text items = "[]";
  bool base64 = false;
  std::vector<std::uint32_t> begins = {};
};

enum class Order { input, completion };

struct Apply {
  JobSpec spec;
  Inputs inputs;
};
struct Submit {
  JobSpec spec;
  Inputs inputs;
  bool last = false;
};
struct Feed {
  JobId job;
  Inputs inputs;
  bool last = false;
};
struct Get {
  JobId job;
  std::uint64_t after = 0;
  Order order = Order::input;
  bool records = false;
  std::optional<Seconds> wait;
};
struct ReadOutput {
  JobId job;
  std::uint64_t index = 0;
  OutputStream stream = OutputStream::out;
  std::uint64_t after = 0;  // bytes
  std::optional<Seconds> wait;
};
struct Wait {
  std::vector<JobId> jobs;
  bool any = false;
  std::optional<Seconds> timeout;
};
struct ListJobs {
  std::optional<TaskState> state;
  std::uint64_t limit = 100;
  std::string pool = {};        // empty: of every pool
  std::string name = {};        // empty: of every name
  std::optional<JobId> before;  // only ids below: the next page
};
struct ShowJob {
  JobId job;
};
struct Cancel {
  std::vector<JobId> jobs;
  std::string signal = "TERM";
  std::optional<Seconds> grace;
  std::string reason;
};
struct SendSignal {
  JobId job;
  std::string signal;
};
struct Retry {
  JobId job;
  bool failed_only = false;
};
struct Forget {
  std::vector<JobId> jobs;
};

struct ListFunctions {
  std::string pool;
};
struct ListPools {};
struct ShowPool {
  std::string name;
};
struct CreatePool {
  PoolSpec pool;
};
struct ResizePool {
  std::string name;
  int workers = 1;
};
struct PausePool {
  std::string name;
};
struct ResumePool {
  std::string name;
};
struct RecyclePool {
  std::string name;
};
struct ClosePool {
  std::string name;
};
struct JoinPool {
  std::string name;
  std::optional<Seconds> timeout;
};
struct TerminatePool {
  std::string name;
};

struct GetStatus {};
struct GetLimits {};
struct Drain {};
struct Stop {};
struct Reload {};
struct GetSettings {};
struct SetLogLevel {
  LogLevel level = LogLevel::info;
};

// org.varlink.service
struct GetInfo {};
struct GetInterfaceDescription {
  std::string interface;
};

using Any = std::variant<Apply, Submit, Feed, Get, ReadOutput, Wait, ListJobs, ShowJob, Cancel, SendSignal,
                         Retry, Forget, ListFunctions, ListPools, ShowPool, CreatePool, ResizePool, PausePool,
                         ResumePool, RecyclePool, ClosePool, JoinPool, TerminatePool, GetStatus, GetLimits,
                         Drain, Stop, Reload, GetSettings, SetLogLevel, GetInfo, GetInterfaceDescription>;

}  // namespace procpool::request
