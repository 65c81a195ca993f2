#pragma once
// A folder for one test, removed with it. Made in $TMPDIR, else in memory (/dev/shm, where
// thousands of small files cost nothing), else in /tmp.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace sg {

class TempTree {
 public:
  TempTree() {
    std::string pattern = Parent() + "/sg-test-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~TempTree() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempTree(const TempTree&) = delete;
  TempTree& operator=(const TempTree&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const {
    return std::string(path_).append("/").append(name);
  }
  // Writes a file, making its folders. A name that ends with '/' makes an empty folder.
  void Write(std::string_view name, std::string_view content = "x\n") const {
    const std::filesystem::path target(*this / name);
    std::error_code ignored;
    if (name.ends_with('/')) {
      std::filesystem::create_directories(target, ignored);
      return;
    }
    std::filesystem::create_directories(target.parent_path(), ignored);
    std::ofstream(target, std::ios::binary) << content;
  }
  void Remove(std::string_view name) const { std::filesystem::remove(*this / name); }

 private:
  static std::string Parent() {
    if (const char* chosen = std::getenv("TMPDIR")) return chosen;
    return ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
  }
  std::string path_;
};

// Sets an environment variable (unsets it for nullopt) until the end of the scope.
class ScopedEnvironment {
 public:
  ScopedEnvironment(const char* name, std::optional<std::string> value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    Set(value);
  }
  ~ScopedEnvironment() { Set(old_); }
  ScopedEnvironment(const ScopedEnvironment&) = delete;
  ScopedEnvironment& operator=(const ScopedEnvironment&) = delete;

 private:
  void Set(const std::optional<std::string>& value) {
    if (value.has_value()) {
      ::setenv(name_, value->c_str(), /*overwrite=*/1);
    } else {
      ::unsetenv(name_);
    }
  }
  const char* name_;
  std::optional<std::string> old_;
};

}  // namespace sg
