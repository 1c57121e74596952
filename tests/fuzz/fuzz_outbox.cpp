// Whatever a worker leaves in its outbox: what is read of it are whole lines of bytes that
// stand there, and junk that is not committed behind them changes nothing.

#include <string>

#include "common/protocol/outbox.hpp"
#include "common/protocol/worker_message.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace procpool::fuzz {
namespace {

void check(std::string_view content) {
  const auto remains = outbox::read(content);
  if (!remains) return;
  const std::string& lines = remains->lines;
  require(lines.size() <= content.size() + 2, "nothing is made up but the end of a line");
  require(lines.find('\0') == std::string::npos, "a NUL is never read");
  require(lines.empty() || lines.back() == '\n', "every line has its end");
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = lines.find('\n', at);
    (void)worker_message::decode_from_worker(std::string_view(lines).substr(at, end - at));
    at = end + 1;
  }
  const std::size_t nul = content.find('\0', outbox::text_at);
  if (nul == std::string_view::npos) return;
  const auto again = outbox::read(std::string(content.substr(0, nul + 1)) + "junk\t\n");
  require(again && again->lines == lines, "what stands behind a NUL is not seen");
}

}  // namespace
}  // namespace procpool::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace procpool;
  const std::string_view bytes = fuzz::text_of(data, size);
  fuzz::check(bytes);
  // Past the head, which a fuzzer would take long to find.
  fuzz::check(std::string(outbox::magic) + std::string(outbox::text_at - outbox::magic.size(), '\1') +
              std::string(bytes));
  return 0;
}
