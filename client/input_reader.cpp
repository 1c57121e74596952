#include "client/input_reader.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "client/shown.hpp"

namespace procpool::client {
namespace {

constexpr std::size_t read_size = 64 * 1024;

char separator_of(const InputSource& source) {
  const auto* files = std::get_if<InputFiles>(&source);
  return files != nullptr ? files->separator : '\n';
}

/// A FIFO that nobody writes to yet is open at once all the same; it is readable when somebody
/// has written, and when the last who wrote has left (poll(2)).
int open_file(const std::string& path) {
  constexpr int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY;
  const int file = open(path.c_str(), flags | O_NONBLOCK);
  // Somebody else holds a lease on it, and gives that up soon.
  if (file < 0 && errno == EWOULDBLOCK) return open(path.c_str(), flags);
  if (file >= 0) fcntl(file, F_SETFL, fcntl(file, F_GETFL) & ~O_NONBLOCK);
  return file;
}

/// An errno, or 0.
int why_unreadable(const std::string& path) {
  struct stat found {};
  if (access(path.c_str(), R_OK) < 0 || stat(path.c_str(), &found) < 0) return errno;
  return S_ISDIR(found.st_mode) ? EISDIR : 0;
}

/// True: something can be read (or the end was reached). False: not now, or stopped.
bool wait_readable(int descriptor, std::optional<int> stop) {
  std::array<pollfd, 2> waiting{{{descriptor, POLLIN, 0}, {stop.value_or(-1), POLLIN, 0}}};
  int ready = 0;
  do {
    ready = poll(waiting.data(), waiting.size(), stop ? -1 : 0);
  } while (ready < 0 && errno == EINTR);
  return waiting[1].revents == 0 && waiting[0].revents != 0;
}

/// For one that may be written to as well vmsplice(2) means something else.
bool is_end_of_pipe(int descriptor) {
  struct stat found {};
  return fstat(descriptor, &found) == 0 && S_ISFIFO(found.st_mode) &&
         (fcntl(descriptor, F_GETFL) & O_ACCMODE) == O_RDONLY;
}

/// read(2) of something that was readable. In a pipe that others read as well there may be
/// nothing left, and they share its flags: vmsplice(2) does not wait (EAGAIN) all the same.
ssize_t read_at_once(int descriptor, char* room, std::size_t size) {
  if (is_end_of_pipe(descriptor)) {
    const iovec piece{room, size};
    const ssize_t got = vmsplice(descriptor, &piece, 1, SPLICE_F_NONBLOCK);
    if (got >= 0 || errno == EAGAIN || errno == EINTR) return got;
  }
  return read(descriptor, room, size);
}

}  // namespace

InputReader::InputReader(InputSource source, InputMeaning meaning)
    : source_(std::move(source)), meaning_(meaning), splitter_(separator_of(source_), longest_input) {}

bool InputReader::reads_terminal() const {
  const auto* files = std::get_if<InputFiles>(&source_);
  if (files == nullptr || isatty(STDIN_FILENO) == 0) return false;
  for (const std::string& path : files->paths)
    if (path == "-") return true;
  return false;
}

/// Of the one that is being read.
std::string InputReader::file_name() const {
  const std::string& path = std::get<InputFiles>(source_).paths[next_ - 1];
  return path == "-" ? "standard input" : "'" + path + "'";
}

std::string InputReader::place() const {
  const auto* files = std::get_if<InputFiles>(&source_);
  if (files == nullptr) return "input " + std::to_string(next_);
  const std::string unit = files->separator == '\n' ? "line " : "input ";
  return unit + std::to_string(line_) + " of " + file_name();
}

Result<void> InputReader::add(Batch& batch, std::string_view input) {
  auto added = batch.add(input);
  if (added) return {};
  return Error(ErrorCode::invalid_parameter,
               place() + " (" + shown_short(input) + ") " + added.error().message());
}

Result<void> InputReader::collect_given(Batch& batch) {
  const auto& inputs = std::get<GivenInputs>(source_).inputs;
  while (next_ < inputs.size() && !batch.full()) {
    const std::string& input = inputs[next_++];
    if (auto added = add(batch, input); !added) return added;
  }
  return {};
}

Result<InputReader::Inputs> InputReader::collect(std::optional<int> stop) {
  if (failure_) return *failure_;
  Batch batch(meaning_);
  const auto last = collect_some(batch, stop);
  if (!last) {
    const bool is_file = std::holds_alternative<InputFiles>(source_);
    if (!is_file || batch.count() == 0) return last.error();
    failure_ = last.error();
  }
  Inputs inputs;
  inputs.count = batch.count();
  inputs.inputs = batch.take();
  inputs.last = last && *last;
  return inputs;
}

/// True if there are no more behind these.
Result<bool> InputReader::collect_some(Batch& batch, std::optional<int> stop) {
  if (const auto* given = std::get_if<GivenInputs>(&source_)) {
    if (auto good = collect_given(batch); !good) return good.error();
    return next_ == given->inputs.size();
  }
  const auto filled = collect_from_files(batch, stop);
  if (!filled) return filled.error();
  return *filled == Fill::end_of_file;
}

/// `end_of_file` when all files are through. Once the batch has an input, nothing is
/// waited for any more.
Result<InputReader::Fill> InputReader::collect_from_files(Batch& batch, std::optional<int> stop) {
  const auto& paths = std::get<InputFiles>(source_).paths;
  for (;;) {
    const auto input = splitter_.next();
    if (!input)
      return Error(ErrorCode::too_large, place() + " is followed by an input longer than " +
                                             std::to_string(longest_input) + " bytes");
    if (*input) {
      ++line_;
      if (auto added = add(batch, **input); !added) return added.error();
      if (batch.full()) return Fill::more;
      continue;
    }
    if (!file_) {
      if (next_ == paths.size()) return Fill::end_of_file;
      if (auto opened = open_next(); !opened) return opened.error();
    }
    const auto filled = fill(batch.count() > 0 ? std::nullopt : stop);
    if (!filled) return filled.error();
    if (*filled == Fill::nothing_now) return Fill::nothing_now;
  }
}

Result<void> InputReader::open_next() {
  const std::string& path = std::get<InputFiles>(source_).paths[next_++];
  line_ = 0;
  file_.reset(path == "-" ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1) : open_file(path));
  if (!file_) return Error::system("cannot open '" + path + "'", errno);
  return {};
}

/// Reads once. At the end of a file, a last input without its separator gets one.
Result<InputReader::Fill> InputReader::fill(std::optional<int> stop) {
  if (!wait_readable(file_.get(), stop)) return Fill::nothing_now;
  char* const room = splitter_.prepare(read_size);
  const ssize_t got = read_at_once(file_.get(), room, read_size);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Fill::nothing_now;
  if (got < 0) return Error::system("cannot read " + file_name(), errno);
  if (got == 0) {
    file_.reset();
    if (splitter_.pending() > 0) {
      *splitter_.prepare(1) = separator_of(source_);
      splitter_.commit(1);
    }
    return Fill::end_of_file;
  }
  splitter_.commit(static_cast<std::size_t>(got));
  return Fill::more;
}

Result<void> check_readable(const InputSource& source) {
  const auto* files = std::get_if<InputFiles>(&source);
  if (files == nullptr) return {};
  for (const std::string& path : files->paths)
    if (const int failed = path == "-" ? 0 : why_unreadable(path); failed != 0)
      return Error(ErrorCode::invalid_parameter,
                   Error::system("cannot read '" + path + "'", failed).message());
  return {};
}

}  // namespace procpool::client
