#pragma once

#include <asio/awaitable.hpp>
#include <vector>

#include "common/os/fd.hpp"
#include "common/protocol/request.hpp"
#include "daemon/verbs/caller.hpp"
#include "daemon/verbs/daemon_service.hpp"
#include "daemon/verbs/job_service.hpp"
#include "daemon/verbs/pool_service.hpp"
#include "daemon/verbs/responder.hpp"

/// One function a method of the interface file: it asks a service and shapes the
/// reply. Each stands in the file that is named like it.
namespace procpool::verbs {

/// Everything a verb may use.
struct Context {
  JobService& jobs;
  PoolService& pools;
  DaemonService& daemon;
  const Caller& caller;
  Responder& responder;
  std::vector<os::Fd> descriptors;  // that came with the call
};

/// No call is silent for longer: streams send a reply without news, others say that
/// they are not done.
inline constexpr std::chrono::seconds heartbeat{15};
inline constexpr std::chrono::seconds longest_wait{25};
inline constexpr std::chrono::seconds longest_wait_for_room{20};

/// The request stays where it is until the answer is complete.
asio::awaitable<void> answer(Context& context, request::Any&& request);

asio::awaitable<void> answer(Context& context, request::Apply&& request);
asio::awaitable<void> answer(Context& context, request::Submit&& request);
asio::awaitable<void> answer(Context& context, request::Feed request);
asio::awaitable<void> answer(Context& context, request::Get request);
asio::awaitable<void> answer(Context& context, request::ReadOutput request);
asio::awaitable<void> answer(Context& context, request::Wait request);
asio::awaitable<void> answer(Context& context, request::ListJobs request);
asio::awaitable<void> answer(Context& context, request::ShowJob request);
asio::awaitable<void> answer(Context& context, request::Cancel request);
asio::awaitable<void> answer(Context& context, request::SendSignal request);
asio::awaitable<void> answer(Context& context, request::Retry request);
asio::awaitable<void> answer(Context& context, request::Forget request);
asio::awaitable<void> answer(Context& context, request::ListFunctions request);
asio::awaitable<void> answer(Context& context, request::ListPools request);
asio::awaitable<void> answer(Context& context, request::ShowPool request);
asio::awaitable<void> answer(Context& context, request::CreatePool request);
asio::awaitable<void> answer(Context& context, request::ResizePool request);
asio::awaitable<void> answer(Context& context, request::PausePool request);
asio::awaitable<void> answer(Context& context, request::ResumePool request);
asio::awaitable<void> answer(Context& context, request::RecyclePool request);
asio::awaitable<void> answer(Context& context, request::ClosePool request);
asio::awaitable<void> answer(Context& context, request::JoinPool request);
asio::awaitable<void> answer(Context& context, request::TerminatePool request);
asio::awaitable<void> answer(Context& context, request::GetStatus request);
asio::awaitable<void> answer(Context& context, request::GetLimits request);
asio::awaitable<void> answer(Context& context, request::Drain request);
asio::awaitable<void> answer(Context& context, request::Stop request);
asio::awaitable<void> answer(Context& context, request::Reload request);
asio::awaitable<void> answer(Context& context, request::GetSettings request);
asio::awaitable<void> answer(Context& context, request::SetLogLevel request);
asio::awaitable<void> answer(Context& context, request::GetInfo request);
asio::awaitable<void> answer(Context& context, request::GetInterfaceDescription request);

}  // namespace procpool::verbs
