// Kills the indexer at every n-th write and at random moments: what is there afterwards must open,
// be whole, and lead to the same index as an undisturbed run. Also full disks.

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <random>
#include <thread>

#include "tests/index/index_fixture.h"

namespace sg {
namespace {

constexpr int kFiles = 24;
const std::vector<std::string> kTerms = {"handl", "=handlerequest", "valu", "packag", "=module3"};

std::string ModuleText(int i, int version) {
  std::string text = "# Module " + std::to_string(i) + " of version " + std::to_string(version) +
                     ".\nimport module" + std::to_string((i + 1) % kFiles) + "\n\n";
  for (int f = 0; f < 6; ++f) {
    text += "def handle_request_" + std::to_string(f) + "(package, value):\n";
    for (int line = 0; line < 8 + version; ++line) {
      text += "    value = package.step_" + std::to_string(line * f) + "(value, " +
              std::to_string(i) + ")\n";
    }
    text += "    return value\n\n";
  }
  return text;
}

// SQLite's own check of the whole file, through a connection of its own.
std::string IntegrityCheck(const std::string& path) {
  sqlite3* handle = nullptr;
  std::string answer = "cannot open";
  if (sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK) {
    const auto first_column = [](void* out, int, char** values, char**) {
      *static_cast<std::string*>(out) = values[0];
      return 0;
    };
    sqlite3_exec(handle, "PRAGMA integrity_check", first_column, &answer, nullptr);
  }
  sqlite3_close(handle);
  return answer;
}

// Wraps the default VFS: the process dies at its n-th write. Databases and logs have different
// methods, so that each table of methods gets a wrapped copy of its own.
struct KillAtWrite {
  struct Wrapped {
    sqlite3_io_methods methods;  // first, so that a file's table leads to its Wrapped
    const sqlite3_io_methods* real;
  };
  static inline long writes_left = -1;  // negative: never
  static inline std::deque<Wrapped> tables;
  static inline sqlite3_vfs vfs;
  static inline sqlite3_vfs* real_vfs = nullptr;

  static int Write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
    const auto* real = reinterpret_cast<const Wrapped*>(file->pMethods)->real;
    if (writes_left == 0) {
      // Half of the write reaches the file.
      static_cast<void>(real->xWrite(file, data, size / 2, offset));
      kill(getpid(), SIGKILL);
    }
    if (writes_left > 0) --writes_left;
    return real->xWrite(file, data, size, offset);
  }
  static const sqlite3_io_methods* Wrap(const sqlite3_io_methods* real) {
    for (const Wrapped& table : tables) {
      if (table.real == real) return &table.methods;
    }
    tables.push_back({*real, real});
    tables.back().methods.xWrite = &Write;
    return &tables.back().methods;
  }
  static int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    const int code = real_vfs->xOpen(real_vfs, name, file, flags, out_flags);
    if (code == SQLITE_OK && file->pMethods != nullptr) file->pMethods = Wrap(file->pMethods);
    return code;
  }
  static void Install(long writes) {
    writes_left = writes;
    real_vfs = sqlite3_vfs_find(nullptr);
    vfs = *real_vfs;
    vfs.zName = "kill-at-write";
    vfs.xOpen = &Open;
    sqlite3_vfs_register(&vfs, /*makeDflt=*/1);
  }
};

class CrashTest : public testing::Test {
 protected:
  void SetUp() override {
    WriteTree(/*version=*/0);
    options_.max_memory_bytes = 64 << 10;  // many small batches
    BundledEmbedder();
    MustUpdate(options_);
    tree_v0_ = Describe(*MustOpen(options_.db_path), kTerms);
    std::filesystem::copy(tree_ / ".sg", saved_ / "sg", std::filesystem::copy_options::recursive);
    WriteTree(/*version=*/1);
    IndexOptions fresh = options_;
    fresh.db_path = saved_ / "fresh.db";
    MustUpdate(fresh);
    tree_v1_ = Describe(*MustOpen(fresh.db_path), kTerms);
  }

  void WriteTree(int version) {
    for (int i = 0; i < kFiles; ++i) {
      const std::string name = "package/module" + std::to_string(i) + ".py";
      if (version == 1 && i % 5 == 0) {
        tree_.Remove(name);
      } else if (version == 0 || i % 3 == 0) {
        tree_.Write(name, ModuleText(i, version));
      }
    }
    if (version == 1) tree_.Write("package/added.py", ModuleText(99, version));
  }

  // Puts the index of version 0 back, or none.
  void Restore(bool with_index) {
    std::filesystem::remove_all(tree_ / ".sg");
    if (with_index) {
      std::filesystem::copy(saved_ / "sg", tree_ / ".sg", std::filesystem::copy_options::recursive);
    }
  }

  // Runs `child` in a process of its own, killed after `kill_after` unless that is zero. Returns
  // true if it ended by itself, well.
  template <typename Child>
  bool RunChild(Child child, std::chrono::microseconds kill_after) {
    const pid_t pid = fork();
    if (pid == 0) {
      child();
      _exit(UpdateIndex(options_, BundledEmbedder()).ok() ? 0 : 3);
    }
    if (kill_after.count() > 0) {
      std::this_thread::sleep_for(kill_after);
      kill(pid, SIGKILL);
    }
    int state = 0;
    waitpid(pid, &state, 0);
    if (WIFSIGNALED(state)) {
      EXPECT_EQ(WTERMSIG(state), SIGKILL);
    } else {
      EXPECT_EQ(WEXITSTATUS(state), 0);
    }
    return WIFEXITED(state) && WEXITSTATUS(state) == 0;
  }

  // After a kill: whole and readable, without half files, and the next run completes it.
  void CheckRecovers(const std::string& when) {
    SCOPED_TRACE(when);
    const auto left = Snapshot::Open(options_.db_path);
    if (left.ok()) {
      ASSERT_EQ(IntegrityCheck(options_.db_path), "ok");
      const auto found = Describe(**left, kTerms);
      CheckNoHalfFiles(found);
    } else {
      EXPECT_EQ(left.status().code(), StatusCode::kNotFound) << left.status().message();
    }
    MustUpdate(options_);
    ASSERT_EQ(IntegrityCheck(options_.db_path), "ok");
    EXPECT_EQ(Describe(*MustOpen(options_.db_path), kTerms), tree_v1_);
  }

  // Each file that is there is as in one of the two versions, mentions aside, and its chunks have
  // the vectors of that version.
  void CheckNoHalfFiles(const std::map<std::string, std::string>& found) {
    const auto without_mentions = [](const std::string& text) {
      const size_t at = text.find(" ment ");
      return at == std::string::npos ? text : text.substr(0, at) + text.substr(text.find('\n', at));
    };
    for (const auto& [key, value] : found) {
      if (!key.starts_with("file ") && !key.starts_with("vector ")) continue;
      const auto old_value = tree_v0_.find(key), new_value = tree_v1_.find(key);
      const bool is_old = old_value != tree_v0_.end() &&
                          without_mentions(old_value->second) == without_mentions(value);
      const bool is_new = new_value != tree_v1_.end() &&
                          without_mentions(new_value->second) == without_mentions(value);
      EXPECT_TRUE(is_old || is_new) << key << ": " << value;
    }
  }

  TempTree tree_, saved_;
  IndexOptions options_ = OptionsFor(tree_);
  std::map<std::string, std::string> tree_v0_, tree_v1_;
};

TEST_F(CrashTest, SurvivesAKillAtEveryNthWrite) {
  int kills = 0;
  for (long writes = 0; writes < 100'000; writes += 1 + writes / 40) {
    for (const bool with_index : {false, true}) {
      Restore(with_index);
      const bool completed =
          RunChild([&] { KillAtWrite::Install(writes); }, std::chrono::microseconds(0));
      kills += !completed;
      CheckRecovers("killed at write " + std::to_string(writes) +
                    (with_index ? " of an update" : " of a first run"));
      if (HasFatalFailure()) return;
      if (completed && !with_index) {
        RecordProperty("kills", kills);
        EXPECT_GT(kills, 100);
        return;
      }
    }
  }
  FAIL() << "no run completes";
}

TEST_F(CrashTest, SurvivesKillsAtRandomMoments) {
  const char* rounds_text = std::getenv("SG_CRASH_ROUNDS");
  const int rounds = rounds_text != nullptr ? std::atoi(rounds_text) : 60;
  std::mt19937 random(7);
  const auto begin = std::chrono::steady_clock::now();
  Restore(/*with_index=*/false);
  ASSERT_TRUE(RunChild([] {}, std::chrono::microseconds(0)));
  const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begin);
  int kills = 0;
  for (int i = 0; i < rounds; ++i) {
    Restore(/*with_index=*/i % 2 == 0);
    // Several kills in a row must not add up to damage.
    for (int again = 0; again < 2; ++again) {
      const auto after = std::chrono::microseconds(
          std::uniform_int_distribution<long>(500, whole.count())(random));
      kills += !RunChild([] {}, after);
    }
    CheckRecovers("round " + std::to_string(i));
    if (HasFatalFailure()) return;
  }
  RecordProperty("kills", kills);
  EXPECT_GT(kills, rounds / 4);
}

TEST_F(CrashTest, FullDiskLeavesTheLastGoodState) {
  for (const rlim_t limit : {rlim_t{40'000}, rlim_t{200'000}, rlim_t{400'000}}) {
    Restore(/*with_index=*/true);
    const pid_t pid = fork();
    if (pid == 0) {
      const rlimit bound{limit, limit};
      setrlimit(RLIMIT_FSIZE, &bound);
      signal(SIGXFSZ, SIG_IGN);
      const auto summary = UpdateIndex(options_, BundledEmbedder());
      const bool said = !summary.ok() && summary.status().code() == StatusCode::kIo &&
                        summary.status().message().find("disk") != std::string::npos;
      if (!summary.ok() && !said) fprintf(stderr, "%s\n", summary.status().message().c_str());
      _exit(summary.ok() ? 4 : (said ? 0 : 5));
    }
    int state = 0;
    waitpid(pid, &state, 0);
    EXPECT_TRUE(WIFEXITED(state));
    EXPECT_NE(WEXITSTATUS(state), 5);
    CheckRecovers("disk of " + std::to_string(limit) + " bytes");
  }
}

}  // namespace
}  // namespace sg
