#include "extract/walker.h"

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "core/text/ascii.h"
#include "extract/git_layout.h"
#include "extract/ignore_rules.h"

namespace sg {
namespace {

constexpr size_t kMaxIgnoreFileBytes = 1 << 20;

// Folders of tools and of downloaded or installed code, ignored unless an ignore file says
// otherwise ("!node_modules/").
constexpr std::string_view kDependencyFolders[] = {
    "node_modules", "bower_components", "__pycache__",   ".venv",       "venv",    ".tox",
    ".nox",         ".mypy_cache",      ".pytest_cache", ".ruff_cache", ".gradle", ".terraform"};
// "target" holds build results only beside one of these.
constexpr std::string_view kTargetMarkers[] = {"Cargo.toml", "pom.xml", "build.sbt"};
// Never entered: their content is not the user's.
constexpr std::string_view kControlFolders[] = {".git", ".hg",  ".svn", ".sg",
                                                ".jj",  ".bzr", "CVS",  "_darcs"};

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};
using ScopedDir = std::unique_ptr<DIR, DirCloser>;

enum class EntryType { kFile, kDirectory, kSymlink, kOther, kUnknown };

EntryType TypeOfMode(mode_t mode) {
  if (S_ISREG(mode)) return EntryType::kFile;
  if (S_ISDIR(mode)) return EntryType::kDirectory;
  if (S_ISLNK(mode)) return EntryType::kSymlink;
  return EntryType::kOther;
}

EntryType TypeOfDirent(unsigned char type) {
  switch (type) {
    case DT_REG: return EntryType::kFile;
    case DT_DIR: return EntryType::kDirectory;
    case DT_LNK: return EntryType::kSymlink;
    case DT_UNKNOWN: return EntryType::kUnknown;
    default: return EntryType::kOther;
  }
}

// A directory's identity, whatever path leads to it.
using DirectoryId = std::pair<dev_t, ino_t>;

struct Entry {
  std::string name;
  EntryType type;
};

// The rules that one folder adds. `base` is where names relative to it start in a full path. A
// chain of scopes, from a folder up to the top of its work tree (or to the root of the walk).
struct RuleScope {
  const RuleScope* parent = nullptr;
  size_t base = 0;
  std::unique_ptr<IgnoreList> sgignore, ignore, gitignore;
  // At the top of a work tree: git looks no further up.
  bool repository_top = false;
  std::unique_ptr<IgnoreList> info_exclude, global_excludes;
};

// The last word of one kind of ignore file, nearest folder first.
IgnoreDecision MatchKind(const RuleScope* scope, std::unique_ptr<IgnoreList> RuleScope::*kind,
                         std::string_view path, bool is_directory) {
  for (; scope != nullptr; scope = scope->parent) {
    const IgnoreList* list = (scope->*kind).get();
    if (list == nullptr) continue;
    const IgnoreDecision decision = list->Match(path.substr(scope->base), is_directory);
    if (decision != IgnoreDecision::kNone) return decision;
  }
  return IgnoreDecision::kNone;
}

// .sgignore before .ignore: what they say holds whatever git thinks, also about hidden names.
IgnoreDecision MatchOwn(const RuleScope* scope, std::string_view path, bool is_directory) {
  const IgnoreDecision decision = MatchKind(scope, &RuleScope::sgignore, path, is_directory);
  if (decision != IgnoreDecision::kNone) return decision;
  return MatchKind(scope, &RuleScope::ignore, path, is_directory);
}

// git's order: .gitignore from the nearest folder to the top, info/exclude, core.excludesFile.
IgnoreDecision MatchGit(const RuleScope* scope, std::string_view path, bool is_directory) {
  for (; scope != nullptr; scope = scope->parent) {
    const std::string_view relative = path.substr(scope->base);
    for (const IgnoreList* list :
         {scope->gitignore.get(), scope->info_exclude.get(), scope->global_excludes.get()}) {
      if (list == nullptr) continue;
      const IgnoreDecision decision = list->Match(relative, is_directory);
      if (decision != IgnoreDecision::kNone) return decision;
    }
    if (scope->repository_top) break;
  }
  return IgnoreDecision::kNone;
}

// Orders paths by component, each bytewise: "a/b" before "a.c".
bool ComponentLess(const FileEntry& left, const FileEntry& right) {
  const auto key = [](char c) { return c == '/' ? 0 : static_cast<unsigned char>(c) + 1; };
  return std::lexicographical_compare(left.path.begin(), left.path.end(), right.path.begin(),
                                      right.path.end(),
                                      [&](char a, char b) { return key(a) < key(b); });
}

class TreeWalk {
 public:
  TreeWalk(std::string root, const WalkOptions& options)
      : root_(std::move(root)),
        options_(options),
        include_(options.include),
        exclude_(options.exclude) {
    result_.skipped.assign(static_cast<size_t>(SkipReason::kCount), 0);
  }
  ~TreeWalk() {
    if (root_fd_ >= 0) ::close(root_fd_);
  }
  TreeWalk(const TreeWalk&) = delete;
  TreeWalk& operator=(const TreeWalk&) = delete;

  Result<WalkResult> Run();

 private:
  // What a directory holds for the walk.
  struct Item {
    std::string name;  // of a directory
    bool directory = false;
    bool included = false;  // a directory that `include` names: everything below belongs
    FileEntry file;
  };
  // A symlink to a directory, kept until the real directories are done so that a directory is
  // listed under its own name where it has one.
  struct PendingLink {
    std::string path;  // relative to the root
    const RuleScope* scope;
    bool included;
  };

  Status CheckRoot();
  Status RefuseWideRoot(const struct stat& root) const;
  const RuleScope* OuterScopes();
  bool IgnoredFromOutside(const RuleScope* scope, std::string_view path) const;
  const RuleScope* EnterScope(const RuleScope* parent, const std::vector<Entry>& entries,
                              int dir_fd);
  std::unique_ptr<IgnoreList> ReadIgnoreFile(int dir_fd, const std::string& name);
  void AddRepositoryRules(const std::string& folder, RuleScope* scope);
  RuleScope* NewScope(const RuleScope* parent, size_t base);

  void WalkDirectory(const RuleScope* scope, bool included);
  void WalkPendingLinks();
  std::vector<Item> ListDirectory(const RuleScope** scope, bool included);
  std::vector<Entry> ReadEntries(DIR* dir);
  std::optional<Item> Visit(const RuleScope* scope, bool included,
                            const std::vector<Entry>& siblings, const Entry& entry, int dir_fd);
  std::optional<SkipReason> SkipByRules(const RuleScope* scope, const std::vector<Entry>& siblings,
                                        const std::string& name, bool is_directory) const;
  bool IsIncluded(bool inherited, bool is_directory) const;
  std::nullopt_t AddError(const char* action, int error_number);
  std::nullopt_t CountSkip(SkipReason reason) {
    ++result_.skipped[static_cast<size_t>(reason)];
    return std::nullopt;
  }

  // The path of the entry at hand, relative to the root.
  std::string_view relative() const { return std::string_view(full_).substr(outer_bytes_); }
  const char* open_name() const {
    return full_.size() == outer_bytes_ ? "." : full_.c_str() + outer_bytes_;
  }

  const std::string root_;
  const WalkOptions& options_;  // owned by the caller
  const IgnoreList include_, exclude_;
  int root_fd_ = -1;
  // Path of the entry at hand from the top of the enclosing work tree (from the root without one).
  std::string full_;
  size_t outer_bytes_ = 0;  // bytes of full_ before the part below the root
  std::vector<std::unique_ptr<RuleScope>> scopes_;
  std::vector<PendingLink> pending_;
  std::set<DirectoryId> visited_;  // only used when following symlinks
  WalkResult result_;
};

Status TreeWalk::RefuseWideRoot(const struct stat& root) const {
  const auto is = [&](const char* path) {
    struct stat info;
    return path != nullptr && *path != '\0' && ::stat(path, &info) == 0 &&
           info.st_dev == root.st_dev && info.st_ino == root.st_ino;
  };
  if (options_.force) return Status::Ok();
  if (is("/")) {
    return InvalidArgumentError("refusing to walk /, the whole file system: name a project folder");
  }
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') {
    const struct passwd* user = ::getpwuid(::getuid());  // NOLINT(concurrency-mt-unsafe)
    home = user != nullptr ? user->pw_dir : nullptr;
  }
  if (is(home)) {
    return InvalidArgumentError("refusing to walk " + root_ +
                                ", your home directory: name a project folder");
  }
  return Status::Ok();
}

Status TreeWalk::CheckRoot() {
  struct stat info;
  if (::stat(root_.c_str(), &info) != 0) {
    const Status status = ErrnoError("open", root_, errno);
    return errno == ENOENT || errno == ENOTDIR ? NotFoundError(status.message()) : status;
  }
  if (!S_ISDIR(info.st_mode)) return InvalidArgumentError(root_ + " is not a directory");
  SG_RETURN_IF_ERROR(RefuseWideRoot(info));
  root_fd_ = ::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root_fd_ < 0) return ErrnoError("open", root_, errno);
  return Status::Ok();
}

RuleScope* TreeWalk::NewScope(const RuleScope* parent, size_t base) {
  scopes_.push_back(std::make_unique<RuleScope>());
  scopes_.back()->parent = parent;
  scopes_.back()->base = base;
  return scopes_.back().get();
}

// Regular files only, links not followed (as git does since 2.32).
std::unique_ptr<IgnoreList> TreeWalk::ReadIgnoreFile(int dir_fd, const std::string& name) {
  const int fd = ::openat(dir_fd, name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  if (fd < 0) {
    const int error_number = errno;
    if (error_number != ENOENT && error_number != ELOOP) {
      result_.errors.push_back(ErrnoError("read", name, error_number).message());
    }
    return nullptr;
  }
  struct stat info;
  std::string content;
  if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
    content.resize(std::min(static_cast<size_t>(info.st_size), kMaxIgnoreFileBytes));
    size_t done = 0;
    while (done < content.size()) {
      const ssize_t n = ::read(fd, content.data() + done, content.size() - done);
      if (n <= 0) break;
      done += static_cast<size_t>(n);
    }
    content.resize(done);
    if (static_cast<size_t>(info.st_size) > kMaxIgnoreFileBytes) {
      result_.errors.push_back(name + " is larger than 1 MiB: the rest of it is not read");
    }
  }
  ::close(fd);
  auto list = std::make_unique<IgnoreList>(content);
  return list->empty() ? nullptr : std::move(list);
}

void TreeWalk::AddRepositoryRules(const std::string& folder, RuleScope* scope) {
  const std::optional<std::string> git_directory = FindGitDirectory(folder);
  if (!git_directory.has_value()) return;
  scope->repository_top = true;
  scope->info_exclude = ReadIgnoreFile(AT_FDCWD, *git_directory + "/info/exclude");
  const std::string global = GlobalExcludesFile(*git_directory);
  // core.excludesFile may be a symlink (dotfile managers): resolve it first.
  if (char* resolved = global.empty() ? nullptr : ::realpath(global.c_str(), nullptr)) {
    scope->global_excludes = ReadIgnoreFile(AT_FDCWD, resolved);
    std::free(resolved);
  }
}

// The scopes of the folders above the root, up to the top of the work tree that it lies in; null
// without one, or where that work tree ignores the root: who names an ignored folder wants to see
// it.
const RuleScope* TreeWalk::OuterScopes() {
  char* resolved = ::realpath(root_.c_str(), nullptr);
  if (resolved == nullptr) return nullptr;
  const std::string root = resolved;
  std::free(resolved);
  if (FindGitDirectory(root).has_value()) return nullptr;
  size_t top_bytes = std::string::npos;  // of the work tree's path in `root`
  for (size_t slash = root.rfind('/'); slash != root.npos && slash > 0;
       slash = root.rfind('/', slash - 1)) {
    if (FindGitDirectory(root.substr(0, slash)).has_value()) {
      top_bytes = slash;
      break;
    }
  }
  if (top_bytes == std::string::npos) return nullptr;
  const std::string inner = root.substr(top_bytes + 1);  // "sub/folder"
  const RuleScope* scope = nullptr;
  for (size_t end = 0; end != std::string::npos;) {
    const size_t base = end == 0 ? 0 : end + 1;
    const std::string folder = root.substr(0, top_bytes + (base == 0 ? 0 : base));
    const std::string prefix = folder.back() == '/' ? folder : folder + "/";
    RuleScope* next = NewScope(scope, base);
    if (base == 0) AddRepositoryRules(folder, next);
    next->sgignore = ReadIgnoreFile(AT_FDCWD, prefix + ".sgignore");
    next->ignore = ReadIgnoreFile(AT_FDCWD, prefix + ".ignore");
    next->gitignore = ReadIgnoreFile(AT_FDCWD, prefix + ".gitignore");
    scope = next;
    end = inner.find('/', base);
    if (IgnoredFromOutside(scope, inner.substr(0, end))) return nullptr;
  }
  full_ = inner + "/";
  outer_bytes_ = full_.size();
  return scope;
}

bool TreeWalk::IgnoredFromOutside(const RuleScope* scope, std::string_view path) const {
  IgnoreDecision decision = MatchOwn(scope, path, /*is_directory=*/true);
  if (decision == IgnoreDecision::kNone) decision = MatchGit(scope, path, /*is_directory=*/true);
  return decision == IgnoreDecision::kIgnore;
}

// The scope of the folder at hand; its parent's where it adds no rules.
const RuleScope* TreeWalk::EnterScope(const RuleScope* parent, const std::vector<Entry>& entries,
                                      int dir_fd) {
  if (!options_.use_ignore_files) return nullptr;
  RuleScope* scope = nullptr;
  const auto own_scope = [&] {
    if (scope == nullptr) scope = NewScope(parent, full_.size());
    return scope;
  };
  const bool is_root = full_.size() == outer_bytes_;
  for (const Entry& entry : entries) {
    if (entry.name.size() < 4 || entry.name[0] != '.') continue;
    if (entry.name == ".gitignore") {
      own_scope()->gitignore = ReadIgnoreFile(dir_fd, entry.name);
    } else if (entry.name == ".ignore") {
      own_scope()->ignore = ReadIgnoreFile(dir_fd, entry.name);
    } else if (entry.name == ".sgignore") {
      own_scope()->sgignore = ReadIgnoreFile(dir_fd, entry.name);
    } else if (entry.name == ".git") {
      const std::string inner(relative());
      AddRepositoryRules(inner.empty() ? root_ : root_ + "/" + inner, own_scope());
    }
  }
  // Outside of any work tree the root stands in for its top: the user's excludes still hold.
  if (is_root && parent == nullptr && !own_scope()->repository_top) {
    const std::string global = GlobalExcludesFile(/*git_directory=*/"");
    if (!global.empty()) scope->global_excludes = ReadIgnoreFile(AT_FDCWD, global);
  }
  return scope != nullptr ? scope : parent;
}

std::vector<Entry> TreeWalk::ReadEntries(DIR* dir) {
  std::vector<Entry> entries;
  errno = 0;
  while (const struct dirent* item = ::readdir(dir)) {
    const char* name = item->d_name;
    if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) continue;
    entries.push_back({name, TypeOfDirent(item->d_type)});
  }
  if (errno != 0) AddError("list", errno);
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return entries;
}

std::nullopt_t TreeWalk::AddError(const char* action, int error_number) {
  const std::string path = relative().empty() ? root_ : std::string(relative());
  result_.errors.push_back(ErrnoError(action, path, error_number).message());
  return CountSkip(SkipReason::kUnreadable);
}

// Why the entry at full_ is left out, by its name alone; nullopt if it is not. The order is that of
// docs/walking.md.
std::optional<SkipReason> TreeWalk::SkipByRules(const RuleScope* scope,
                                                const std::vector<Entry>& siblings,
                                                const std::string& name, bool is_directory) const {
  if (IsOneOf(name, kControlFolders)) return SkipReason::kHidden;
  if (exclude_.Match(relative(), is_directory) == IgnoreDecision::kIgnore) {
    return SkipReason::kIgnored;
  }
  const bool hidden = name[0] == '.' && !options_.include_hidden;
  IgnoreDecision decision = MatchOwn(scope, full_, is_directory);
  if (decision == IgnoreDecision::kIgnore) return SkipReason::kIgnored;
  if (decision == IgnoreDecision::kInclude) return std::nullopt;
  if (hidden) return SkipReason::kHidden;
  if (!options_.use_ignore_files) return std::nullopt;
  decision = MatchGit(scope, full_, is_directory);
  if (decision == IgnoreDecision::kIgnore) return SkipReason::kIgnored;
  if (decision == IgnoreDecision::kInclude || !is_directory) return std::nullopt;
  if (IsOneOf(name, kDependencyFolders)) return SkipReason::kIgnored;
  const bool build_folder =
      name == "target" && std::any_of(siblings.begin(), siblings.end(), [](const Entry& sibling) {
        return IsOneOf(sibling.name, kTargetMarkers);
      });
  return build_folder ? std::optional(SkipReason::kIgnored) : std::nullopt;
}

bool TreeWalk::IsIncluded(bool inherited, bool is_directory) const {
  if (include_.empty()) return true;
  switch (include_.Match(relative(), is_directory)) {
    case IgnoreDecision::kIgnore: return true;
    case IgnoreDecision::kInclude: return false;
    case IgnoreDecision::kNone: break;
  }
  return inherited;
}

// What becomes of the entry at full_: a file, a directory to descend into, or nothing (counted).
std::optional<TreeWalk::Item> TreeWalk::Visit(const RuleScope* scope, bool included,
                                              const std::vector<Entry>& siblings,
                                              const Entry& entry, int dir_fd) {
  const char* name = entry.name.c_str();
  EntryType type = entry.type;
  struct stat info;
  if (type == EntryType::kUnknown) {
    if (::fstatat(dir_fd, name, &info, AT_SYMLINK_NOFOLLOW) != 0) return AddError("stat", errno);
    type = TypeOfMode(info.st_mode);
  }
  // Ignore rules see a link as a file, whatever it leads to.
  const bool link = type == EntryType::kSymlink;
  if (const auto reason = SkipByRules(scope, siblings, entry.name, type == EntryType::kDirectory)) {
    return CountSkip(*reason);
  }
  if (link) {
    const bool leads_somewhere =
        options_.follow_symlinks && ::fstatat(dir_fd, name, &info, /*flags=*/0) == 0;
    if (!leads_somewhere) return CountSkip(SkipReason::kSymlink);
    type = TypeOfMode(info.st_mode);
  }
  const bool is_directory = type == EntryType::kDirectory;
  const bool now_included = IsIncluded(included, is_directory);
  if (is_directory && link) {
    pending_.push_back({std::string(relative()), scope, now_included});
    return std::nullopt;
  }
  if (is_directory) return Item{.name = entry.name, .directory = true, .included = now_included};
  if (type != EntryType::kFile) return CountSkip(SkipReason::kNotRegular);
  if (!now_included) return CountSkip(SkipReason::kIgnored);
  if (::fstatat(dir_fd, name, &info, options_.follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW) != 0) {
    return AddError("stat", errno);
  }
  return Item{.file = {.path = std::string(relative()),
                       .size_bytes = static_cast<uint64_t>(info.st_size),
                       .mtime_ns = static_cast<int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 +
                                   info.st_mtim.tv_nsec,
                       .inode = static_cast<uint64_t>(info.st_ino)}};
}

// Reads the directory at full_: its items in order, and the scope that its entries live in.
std::vector<TreeWalk::Item> TreeWalk::ListDirectory(const RuleScope** scope, bool included) {
  const int fd = ::openat(root_fd_, open_name(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const ScopedDir dir(fd < 0 ? nullptr : ::fdopendir(fd));
  if (dir == nullptr) {
    AddError("open", errno);
    if (fd >= 0) ::close(fd);
    return {};
  }
  if (options_.follow_symlinks) {
    struct stat info;
    const bool known = ::fstat(fd, &info) == 0;
    if (known && !visited_.insert({info.st_dev, info.st_ino}).second) {
      CountSkip(SkipReason::kSymlink);  // walked already, by another name
      return {};
    }
  }
  std::vector<Item> items;
  const std::vector<Entry> entries = ReadEntries(dir.get());
  *scope = EnterScope(*scope, entries, fd);
  const size_t folder_bytes = full_.size();
  for (const Entry& entry : entries) {
    full_ += entry.name;
    std::optional<Item> item = Visit(*scope, included, entries, entry, fd);
    if (item.has_value()) items.push_back(std::move(*item));
    full_.resize(folder_bytes);
  }
  return items;
}

// Walks the directory at full_ (which ends with '/' unless it is the root). A directory is closed
// before its subdirectories are opened, so depth costs no descriptors; PATH_MAX bounds recursion.
void TreeWalk::WalkDirectory(const RuleScope* scope, bool included) {
  const size_t folder_bytes = full_.size();
  for (Item& item : ListDirectory(&scope, included)) {
    if (!item.directory) {
      result_.files.push_back(std::move(item.file));
      continue;
    }
    full_.append(item.name).push_back('/');
    WalkDirectory(scope, item.included);
    full_.resize(folder_bytes);
  }
}

// Walking a linked directory may find further links: they queue up behind it.
void TreeWalk::WalkPendingLinks() {
  const std::string outer = full_;
  for (size_t i = 0; i < pending_.size(); ++i) {
    const PendingLink link = pending_[i];
    full_ = outer + link.path + "/";
    WalkDirectory(link.scope, link.included);
  }
  full_ = outer;
  if (!pending_.empty()) std::sort(result_.files.begin(), result_.files.end(), ComponentLess);
}

Result<WalkResult> TreeWalk::Run() {
  SG_RETURN_IF_ERROR(CheckRoot());
  const RuleScope* outer = options_.use_ignore_files ? OuterScopes() : nullptr;
  WalkDirectory(outer, /*included=*/false);
  WalkPendingLinks();
  return std::move(result_);
}

}  // namespace

Result<WalkResult> WalkTree(const std::string& root, const WalkOptions& options) {
  return TreeWalk(root, options).Run();
}

}  // namespace sg
