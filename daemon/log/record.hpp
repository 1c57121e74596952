#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/log_level.hpp"
#include "daemon/log/about.hpp"

/// One line of the log, and the shapes in which it is written.
namespace procpool::log {

struct Record {
  std::chrono::system_clock::time_point time;
  LogLevel level = LogLevel::info;
  About about;
  std::string_view message;
};

/// "2026-11-21T04:03:04.123+01:00 warning: message [job=7 pool=py worker=4242 user=1000]"
std::string as_text(const Record& record);
/// The same for a standard error that the service manager reads: the level as syslog has it
/// in front, and no time, as it notes that itself.
std::string as_prefixed_text(const Record& record);
/// {"time":...,"level":...,"message":...,"job":7,"pool":"py","worker":4242,"user":1000,
/// "state":"failed","event":"job_unsuccessful"}
std::string as_json(const Record& record);
/// The fields of the native protocol of the journal: MESSAGE, PRIORITY, MESSAGE_ID, JOB_ID,
/// JOB_STATE, POOL, WORKER_PID, CLIENT_UID (systemd.io/JOURNAL_NATIVE_PROTOCOL).
std::string as_journal_fields(const Record& record);

/// What it is about and what is said as one text, for who carries nothing but text.
std::string packed(const About& about, std::string_view message);
/// The other way; the record points into the text.
void unpack(std::string_view text, Record& record);

}  // namespace procpool::log
