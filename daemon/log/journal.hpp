#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/os/fd.hpp"

namespace procpool::log {

/// Is this descriptor the stream to the journal that the service manager told us of
/// (JOURNAL_STREAM, systemd.exec(5))? The variable says "DEVICE:INODE"; whoever has put
/// something else there since has not changed it.
bool leads_to_journal(int descriptor, std::string_view journal_stream);

/// The journal's socket for messages with fields.
class Journal {
 public:
  static constexpr const char* usual_path = "/run/systemd/journal/socket";

  /// Nothing if nobody listens there.
  static std::optional<Journal> open(const std::string& path = usual_path);

  enum class Sent {
    taken,
    busy,  // it has too much to do: nobody waits for it
    gone
  };
  /// One message. A journal that was started again is found again.
  Sent send(const std::string& fields);

 private:
  Journal(std::string path, os::Fd socket) : path_(std::move(path)), socket_(std::move(socket)) {}

  std::string path_;
  os::Fd socket_;
};

}  // namespace procpool::log
