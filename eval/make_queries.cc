#include "eval/make_queries.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "core/base/file.h"
#include "core/base/hash.h"
#include "core/text/ascii.h"
#include "core/text/words.h"
#include "eval/doc_comment.h"
#include "eval/git_history.h"
#include "eval/readme_sections.h"
#include "extract/chunker.h"
#include "extract/language.h"
#include "extract/source_text.h"
#include "index/rank/features.h"
#include "index/rank/path_class.h"

namespace sg {
namespace {

constexpr size_t kMostWantedFiles = 3;  // of a commit, of a section
constexpr size_t kFewestNameBytes = 4;  // of a definition that a README names
constexpr size_t kFewestWords = 4;
constexpr uint32_t kFewestLines = 3;  // of a definition: one-liners say too little

// Commits whose subject holds one of these words are chores.
constexpr std::array<std::string_view, 32> kChores = {
    "bump",   "merge",     "release",     "version",    "revert",  "typo",    "typos",      "lint",
    "format", "readme",    "changelog",   "upgrade",    "cleanup", "rename",  "whitespace", "deps",
    "lints",  "linter",    "clippy",      "rustfmt",    "black",   "flake8",  "mypy",       "isort",
    "docs",   "docstring", "annotations", "docstrings", "hooks",   "imports", "spelling",   "wip"};

// Files that say how to build or configure, which nobody asks for in words: by their name, or by
// what it begins or ends with.
constexpr std::array<std::string_view, 19> kBuildFiles = {
    "CMakeLists.txt", "Makefile",          "Rakefile",   "Gemfile",         "Podfile",
    "Package.swift",  "mix.exs",           "setup.py",   "conftest.py",     "build.rs",
    "build.zig",      "build.zig.zon",     "conf.py",    "gulpfile.js",     "Gruntfile.js",
    "noxfile.py",     "package-info.java", "Cargo.toml", "module-info.java"};
constexpr std::array<std::string_view, 11> kBuildEndings = {
    ".gradle",    ".gradle.kts", ".sbt",        ".gemspec",    ".cabal",  ".config.js",
    ".config.ts", ".config.mjs", ".config.cjs", ".config.mts", ".podspec"};
constexpr size_t kLongestWholeName = 76;  // longer ones may have been cut by the chunker

// What a test file's name has beyond the name of the file that it tests.
constexpr std::array<std::string_view, 5> kTestWords = {"test", "tests", "spec", "specs",
                                                        "unittest"};

struct TreeFile {
  std::string path;
  std::string language;
  bool is_test = false;
  bool is_wanted = false;
  std::string joined_stem;  // without test words
};

// Without the last extension.
std::string BareFileName(const std::string& path) {
  const std::string name(BaseName(path));
  const size_t dot = name.rfind('.');
  return dot == 0 ? name : name.substr(0, dot);
}

bool IsBuildFile(const std::string& path) {
  const std::string_view base = BaseName(path);
  return IsOneOf(base, kBuildFiles) ||
         std::any_of(kBuildEndings.begin(), kBuildEndings.end(),
                     [&](std::string_view ending) { return base.ends_with(ending); });
}

bool IsCode(const std::string& path) {
  const Language* language = DetectLanguage(path, "");
  return language != nullptr && language->family == LanguageFamily::kCode;
}

// Whether somebody who asks may want this file: no test, nobody else's, no build script.
bool IsWanted(const std::string& path) {
  const PathClass kind = ClassifyPath(path);
  return !kind.test && !kind.vendored && !kind.type_declarations && !IsBuildFile(path);
}

// Whether `query` gives its answer away: names a wanted file, or has no word that their paths have
// not.
bool GivesAway(const SpecQuery& query) {
  std::set<std::string> known;
  for (const SpecTarget& wanted : query.targets) {
    const std::string& path = wanted.target.path;
    if (query.text.find(BaseName(path)) != std::string::npos) return true;
    if (NamesAnswer(query.text, BareFileName(path))) return true;
    for (const std::string& word : SplitWords(path)) known.insert(Stem(word));
  }
  const std::vector<std::string> words = SplitWords(query.text);
  return std::none_of(words.begin(), words.end(), [&](const std::string& word) {
    return !IsStopWord(word) && !known.contains(Stem(word));
  });
}

// "user_service_test.go", "UserServiceTest.java" and "user-service.spec.ts" give "userservice".
std::string TestedStem(const std::string& path) {
  std::string joined;
  for (const std::string& word : SplitWords(BareFileName(path))) {
    if (!IsOneOf(word, kTestWords)) joined += word;
  }
  return joined;
}

struct Readme {
  std::string path;
  std::vector<ReadmeSection> sections;
};

// Candidates of one category; the ones with the smallest hashes are kept.
class Candidates {
 public:
  explicit Candidates(std::string category) : category_(std::move(category)) {}

  void Add(SpecQuery query) {
    query.category = category_;
    const std::string& path = query.targets.front().target.path;
    query.split = (Hash64(path, /*seed=*/1) & 1) == 0 ? Split::kTune : Split::kTest;
    ++seen_[query.text];
    all_.push_back(std::move(query));
  }

  // Without texts that occur twice: nobody could tell which of the two places is meant.
  std::vector<SpecQuery> Take(const MakeOptions& options) {
    std::erase_if(all_, [this](const SpecQuery& query) { return seen_[query.text] > 1; });
    std::stable_sort(all_.begin(), all_.end(), [](const SpecQuery& a, const SpecQuery& b) {
      return Hash64(a.text) < Hash64(b.text);
    });
    std::map<std::string, size_t> of_file;
    std::vector<SpecQuery> taken;
    for (SpecQuery& query : all_) {
      if (taken.size() == options.most_per_category) break;
      if (++of_file[query.targets.front().target.path] > options.most_per_file) continue;
      taken.push_back(std::move(query));
    }
    std::sort(taken.begin(), taken.end(), [](const SpecQuery& a, const SpecQuery& b) {
      const auto key = [](const SpecQuery& query) {
        const Target& target = query.targets.front().target;
        return std::tie(target.path, target.lines.begin, query.text);
      };
      return key(a) < key(b);
    });
    return taken;
  }

 private:
  const std::string category_;
  std::vector<SpecQuery> all_;
  std::map<std::string, size_t> seen_;
};

class Maker {
 public:
  Maker(const std::string& dir, const MakeOptions& options) : dir_(dir), options_(options) {}

  Result<MadeQueries> Make() {
    SG_ASSIGN_OR_RETURN(const WalkResult walk, WalkTree(dir_, options_.walk));
    for (size_t i = 0; i < walk.files.size(); ++i) {
      if (options_.cancel != nullptr && *options_.cancel) return CancelledError("interrupted");
      AddFile(walk.files[i]);
      if (options_.on_progress) options_.on_progress(i + 1, walk.files.size());
    }
    for (const Readme& readme : readmes_) AddReadme(readme);
    AddTests();
    AddCommits();
    return Collect();
  }

 private:
  void AddFile(const FileEntry& entry) {
    if (SkipBeforeReading(entry.path, entry.size_bytes, {}) != SkipReason::kCount) return;
    Result<std::string> bytes = ReadFile(dir_ + "/" + entry.path, SourceLimits().max_text_bytes);
    // Lines are counted in bytes when they are hidden: one byte a line end, no wide characters.
    if (!bytes.ok() || bytes->find('\0') != std::string::npos) return;
    const bool odd_lines = bytes->find('\r') != std::string::npos;
    const SourceOrSkip source = DecodeSource(entry.path, std::move(*bytes), {});
    if (source.skipped) return;
    if (IsReadme(entry.path) && !odd_lines && IsWanted(entry.path)) {
      readmes_.push_back({.path = entry.path, .sections = ReadSections(source.text.utf8)});
    }
    if (source.text.language->family != LanguageFamily::kCode) return;
    TreeFile file{.path = entry.path,
                  .language = std::string(source.text.language->name),
                  .is_test = ClassifyPath(entry.path).test,
                  .is_wanted = IsWanted(entry.path),
                  .joined_stem = TestedStem(entry.path)};
    const ChunkedFile chunked = chunker_.Chunk(source.text);
    if (file.is_test) {
      titles_[file.path] = WordiestTitle(source.text, chunked);
    } else {
      if (!odd_lines && !ClassifyPath(entry.path).vendored) AddDocs(file, source.text, chunked);
      if (file.is_wanted) RememberNames(file.path, chunked);
    }
    paths_.insert(file.path);
    by_base_[std::string(BaseName(file.path))].push_back(file.path);
    files_.push_back(std::move(file));
  }

  void RememberNames(const std::string& path, const ChunkedFile& chunked) {
    for (const Chunk& chunk : chunked.chunks) {
      for (const Definition& definition : chunk.definitions) {
        const std::string_view name = LastNamePart(definition.name);
        if (name.size() >= kFewestNameBytes) definers_[std::string(name)].insert(path);
      }
    }
  }

  // The code file that `name` means: its path, or the end of it if no other has the same, or the
  // only file that defines it; empty if there is none.
  std::string FileNamed(const std::string& name, const std::string& folder) const {
    if (paths_.contains(folder + name)) return folder + name;
    std::string found;
    const auto namesakes = by_base_.find(std::string(BaseName(name)));
    if (namesakes != by_base_.end()) {
      for (const std::string& path : namesakes->second) {
        if (!PathsMatch(path, name, PathRule::kSuffix)) continue;
        if (!found.empty()) return "";
        found = path;
      }
    }
    if (!found.empty()) return found;
    const bool file = name.find('/') != std::string::npos || DetectLanguage(name, "") != nullptr;
    if (file) return "";
    const auto definers = definers_.find(std::string(LastNamePart(name)));
    const bool only = definers != definers_.end() && definers->second.size() == 1;
    return only ? *definers->second.begin() : "";
  }

  // The files that a section is about: those that it names, else those beside a README of a folder.
  std::set<std::string> FilesOf(const Readme& readme, const ReadmeSection& section) const {
    const std::string folder = readme.path.substr(0, readme.path.rfind('/') + 1);
    std::set<std::string> files;
    for (const std::string& name : section.names) {
      const std::string file = FileNamed(name, folder);
      if (!file.empty() && IsWanted(file)) files.insert(file);
    }
    const bool opening = &section == &readme.sections.front();
    if (!files.empty() || folder.empty() || !opening) return files;
    for (auto at = paths_.lower_bound(folder); at != paths_.end() && at->starts_with(folder);
         ++at) {
      const bool beside = at->find('/', folder.size()) == std::string::npos;
      if (beside && IsWanted(*at)) files.insert(*at);
    }
    return files;
  }

  void AddReadme(const Readme& readme) {
    for (const ReadmeSection& section : readme.sections) {
      SpecQuery query{.text = QueryFromSection(section)};
      const std::set<std::string> files = FilesOf(readme, section);
      if (query.text.empty() || files.empty() || files.size() > kMostWantedFiles) continue;
      for (const std::string& file : files) query.targets.push_back({.target = {.path = file}});
      if (GivesAway(query)) continue;
      query.hidden.push_back({.path = readme.path, .lines = section.lines});
      sections_.Add(std::move(query));
    }
  }

  void AddDocs(const TreeFile& file, const SourceText& source, const ChunkedFile& chunked) {
    for (const Chunk& chunk : chunked.chunks) {
      for (const Definition& definition : chunk.definitions) {
        const bool named = definition.kind == DefinitionKind::kClass ||
                           definition.kind == DefinitionKind::kFunction ||
                           definition.kind == DefinitionKind::kType;
        if (!named || definition.line_end - definition.line_begin + 1 < kFewestLines) continue;
        const std::optional<DocComment> doc = FindDocComment(source, definition);
        if (!doc) continue;
        SpecQuery query{.text = QueryFromDoc(doc->text, definition.name)};
        if (query.text.empty()) continue;
        query.targets.push_back(
            {.target = {.path = file.path,
                        .lines = {.begin = definition.line_begin, .end = definition.line_end}}});
        query.hidden.push_back({.path = file.path, .lines = doc->lines});
        docs_.Add(std::move(query));
      }
    }
  }

  // The title of the test with the most words: it("..."), test_..., TestXxx, TEST(Suite, Name).
  static std::string WordiestTitle(const SourceText& source, const ChunkedFile& chunked) {
    std::string best;
    size_t most = kFewestWords - 1;
    const auto offer = [&](const std::string& title) {
      const size_t words = SplitWords(title).size();
      if (words > most && title.size() <= 160) {
        most = words;
        best = title;
      }
    };
    for (const Chunk& chunk : chunked.chunks) {
      for (const Definition& definition : chunk.definitions) {
        if (definition.name.size() <= kLongestWholeName) offer(NameAsTitle(definition.name));
      }
    }
    for (uint32_t line = 1; line <= source.line_count(); ++line) {
      offer(QuotedTitle(source.Lines(line, line)));
    }
    return best;
  }

  // "test_rejects_expired_tokens" -> "rejects expired tokens"; empty if it is no test's name.
  static std::string NameAsTitle(std::string_view name) {
    const std::vector<std::string> words = SplitWords(name);
    if (words.empty() || words[0] != "test") return "";
    std::string title;
    for (size_t i = 1; i < words.size(); ++i) title += (i == 1 ? "" : " ") + words[i];
    return title;
  }

  static std::string QuotedTitle(std::string_view line) {
    const size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return "";
    line.remove_prefix(begin);
    for (const std::string_view call : {"it(", "it ", "test(", "test ", "should "}) {
      if (!line.starts_with(call)) continue;
      const size_t open = line.find_first_of("\"'`");
      if (open == std::string_view::npos || open > call.size() + 2) return "";
      std::string title;
      for (size_t i = open + 1; i < line.size() && line[i] != line[open]; ++i) {
        if (line[i] == '\\' && ++i == line.size()) break;
        title += line[i];
      }
      return OneLine(title);
    }
    return "";
  }

  void AddTests() {
    std::map<std::string, std::vector<const TreeFile*>> by_stem;
    for (const TreeFile& file : files_) {
      const bool may_be_tested = file.is_wanted && !ClassifyPath(file.path).example;
      if (may_be_tested) by_stem[file.language + "/" + file.joined_stem].push_back(&file);
    }
    for (const TreeFile& test : files_) {
      if (!test.is_test || titles_[test.path].empty() || test.joined_stem.empty()) continue;
      const auto tested = by_stem.find(test.language + "/" + test.joined_stem);
      if (tested == by_stem.end() || tested->second.size() != 1) continue;
      SpecQuery query{.text = titles_[test.path]};
      query.targets.push_back({.target = {.path = tested->second.front()->path}});
      query.hidden.push_back({.path = test.path});
      if (!GivesAway(query)) tests_.Add(std::move(query));
    }
  }

  void AddCommits() {
    const Result<std::vector<Commit>> commits = ReadCommits(dir_, options_.most_commits);
    if (!commits.ok()) {
      note_ = commits.status().message();
      return;
    }
    for (const Commit& commit : *commits) {
      SpecQuery query{.text = SubjectAsQuery(commit.subject)};
      if (query.text.empty()) continue;
      bool all_there = true;  // what a commit did to files that are gone is answered nowhere
      for (const std::string& file : commit.files) {
        if (!IsWanted(file)) continue;
        if (paths_.contains(file)) query.targets.push_back({.target = {.path = file}});
        all_there = all_there && (paths_.contains(file) || !IsCode(file));
      }
      if (!all_there || query.targets.empty()) continue;
      if (query.targets.size() > kMostWantedFiles || GivesAway(query)) continue;
      commits_.Add(std::move(query));
    }
  }

  // Without "area:" or "fix(area):" in front, which may be the file's name; empty for chores.
  static std::string SubjectAsQuery(const std::string& subject) {
    std::string_view text = subject;
    const size_t colon = text.find(": ");
    if (colon != std::string_view::npos && colon <= 40) text.remove_prefix(colon + 2);
    const size_t number = text.rfind(" (#");  // of a pull request
    if (number != std::string_view::npos && text.ends_with(')')) text = text.substr(0, number);
    std::string line = OneLine(text);
    while (line.ends_with('.') || line.ends_with(' ')) line.pop_back();
    const std::vector<std::string> words = SplitWords(line);
    const bool chore = std::any_of(words.begin(), words.end(),
                                   [](const std::string& word) { return IsOneOf(word, kChores); });
    return chore || words.size() < kFewestWords ? "" : line;
  }

  Result<MadeQueries> Collect() {
    MadeQueries made;
    made.note = note_;
    made.spec.name = std::filesystem::path(dir_).lexically_normal().filename().string();
    made.spec.source = kMadeSource;
    made.spec.description = "made by sg eval --make from doc comments, READMEs, commits and tests";
    SpecCorpus& corpus = made.spec.corpora.emplace_back();
    corpus.name = made.spec.name;
    corpus.directory = options_.corpus;
    for (Candidates* candidates : {&docs_, &sections_, &commits_, &tests_}) {
      for (SpecQuery& query : candidates->Take(options_)) {
        query.number = corpus.queries.size() + 1;
        ++made.by_category[query.category];
        ++(query.split == Split::kTune ? made.tune : made.test);
        corpus.queries.push_back(std::move(query));
      }
    }
    if (corpus.queries.empty()) {
      return NotFoundError(
          "nothing in " + dir_ +
          " makes a query: no documented definitions, no READMEs, no commits, no tests");
    }
    return made;
  }

  const std::string dir_;
  const MakeOptions& options_;
  Chunker chunker_;
  std::vector<TreeFile> files_;
  std::set<std::string> paths_;
  std::map<std::string, std::vector<std::string>> by_base_;  // last component -> paths
  std::map<std::string, std::string> titles_;                // of test files
  std::map<std::string, std::set<std::string>> definers_;    // of names, outside of tests
  std::vector<Readme> readmes_;
  Candidates docs_{"doc"}, sections_{"readme"}, commits_{"commit"}, tests_{"test"};
  std::string note_;
};

}  // namespace

Result<MadeQueries> MakeQueries(const std::string& dir, const MakeOptions& options) {
  return Maker(dir, options).Make();
}

}  // namespace sg
