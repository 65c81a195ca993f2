#include "eval/git_history.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "core/text/ascii.h"

extern char** environ;

namespace sg {
namespace {

constexpr size_t kMostOutputBytes = size_t{64} << 20;
constexpr char kCommitMark = '\x01';

// Reads until the end or the limit.
std::string ReadAll(int fd) {
  std::string bytes;
  std::array<char, 65536> buffer;
  while (bytes.size() < kMostOutputBytes) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    bytes.append(buffer.data(), static_cast<size_t>(count));
  }
  return bytes;
}

// Starts `argv` with its output in a pipe, whose reading end is returned through `fd`.
Result<pid_t> Spawn(std::vector<std::string>& words, int* fd) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return ErrnoError("cannot start", words[0], errno);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (error != 0) {
    ::close(ends[0]);
    return NotFoundError("cannot start git: " + std::string(std::strerror(error)));
  }
  *fd = ends[0];
  return child;
}

int WaitFor(pid_t child) {
  int state = 0;
  while (::waitpid(child, &state, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

std::vector<Commit> ParseLog(std::string_view log) {
  std::vector<Commit> commits;
  while (!log.empty()) {
    const std::string_view line = TakeLine(&log);
    if (line.starts_with(kCommitMark)) {
      commits.push_back({.subject = std::string(line.substr(1))});
    } else if (!line.empty() && !commits.empty()) {
      commits.back().files.emplace_back(line);
    }
  }
  return commits;
}

}  // namespace

Result<std::vector<Commit>> ReadCommits(const std::string& dir, size_t most) {
  std::vector<std::string> words = {
      "git", "-C", dir, "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false",
      "-c", "log.showSignature=false",
      // A partial clone would fetch what it lacks: no network here.
      "-c", "protocol.allow=never", "log", "--no-merges", "--no-renames", "--no-ext-diff",
      "--no-textconv", "--no-color", "--diff-filter=AM", "--name-only", "--relative",
      "--max-count=" + std::to_string(most), "--pretty=format:%x01%s", "--", "."};
  int fd = -1;
  SG_ASSIGN_OR_RETURN(const pid_t child, Spawn(words, &fd));
  const std::string log = ReadAll(fd);
  ::close(fd);  // git ends by SIGPIPE if there was more
  const int code = WaitFor(child);
  if (code == 0 || log.size() >= kMostOutputBytes) return ParseLog(log);
  if (code == 128) return NotFoundError(dir + " has no git history");
  return IoError("git log failed in " + dir + " (exit code " + std::to_string(code) + ")");
}

}  // namespace sg
