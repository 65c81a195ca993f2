#include "index/rank/path_class.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "core/base/file.h"
#include "core/text/ascii.h"
#include "extract/language.h"

namespace sg {
namespace {

// Lower-case names of folders (or of a last component) that make a class.
constexpr std::string_view kTestFolders[] = {
    "test",     "tests",     "spec",       "specs",      "__tests__",  "testing",
    "testdata", "fixture",   "fixtures",   "test-suite", "test_suite", "benches",
    "bench",    "benchmark", "benchmarks", "mock",       "mocks",      "__mocks__"};
constexpr std::string_view kExampleFolders[] = {
    "example", "examples", "_example", "_examples", "doc",      "docs",      "doc_src", "docs_src",
    "sample",  "samples",  "demo",     "demos",     "tutorial", "tutorials", "website"};
constexpr std::string_view kVendorFolders[] = {
    "vendor", "vendored",     "third_party", "thirdparty", "external", "extern",
    "deps",   "node_modules", "dist",        "generated",  "gen",      "_vendor"};
constexpr std::string_view kVendorMarks[] = {".min.", "_pb.", "_pb2.", ".pb.", ".g."};
constexpr std::string_view kCompatMarks[] = {"compat", "legacy", "deprecat"};
// Operating systems by family. Android and iOS are left out: they name what a project is for.
struct Platform {
  std::string_view name;
  bool here;  // this program runs on it
};
#if defined(_WIN32)
constexpr bool kOnWindows = true, kOnMac = false, kOnLinux = false;
#elif defined(__APPLE__)
constexpr bool kOnWindows = false, kOnMac = true, kOnLinux = false;
#else
constexpr bool kOnWindows = false, kOnMac = false, kOnLinux = true;
#endif
constexpr Platform kPlatforms[] = {
    {"win", kOnWindows},    {"win32", kOnWindows}, {"win64", kOnWindows}, {"windows", kOnWindows},
    {"winnt", kOnWindows},  {"mingw", kOnWindows}, {"msvc", kOnWindows},  {"cygwin", kOnWindows},
    {"darwin", kOnMac},     {"macos", kOnMac},     {"osx", kOnMac},       {"linux", kOnLinux},
    {"posix", !kOnWindows}, {"unix", !kOnWindows}, {"freebsd", false},    {"openbsd", false},
    {"netbsd", false},      {"bsd", false},        {"sunos", false},      {"solaris", false},
    {"illumos", false},     {"aix", false},        {"os390", false},      {"ibmi", false},
    {"qnx", false},         {"plan9", false},
};

// File names that say nothing: the folder speaks for them.
constexpr std::string_view kGenericStems[] = {"index", "mod",     "__init__", "init",    "lib",
                                              "main",  "package", "root",     "default", "all"};

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsAlpha(char c) { return IsLower(c) || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool HoldsAny(std::string_view text, std::span<const std::string_view> marks) {
  return std::any_of(marks.begin(), marks.end(), [&](std::string_view mark) {
    return text.find(mark) != std::string_view::npos;
  });
}

// Calls `visit` with each '/'-separated component.
template <typename F>
void ForEachComponent(std::string_view path, F visit) {
  while (true) {
    const size_t slash = path.find('/');
    visit(path.substr(0, slash));
    if (slash == std::string_view::npos) return;
    path.remove_prefix(slash + 1);
  }
}

// "parser" of "parser.test.ts" is followed by `.test`: the word before the last extension.
std::string_view LastWordBeforeExtension(std::string_view base) {
  const size_t dot = base.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == base.size()) return {};
  std::string_view head = base.substr(0, dot);
  size_t begin = head.size();
  while (begin > 0 && IsAlpha(head[begin - 1])) --begin;
  return head.substr(begin);
}

// FooTest.java, foo_test.go, foo.spec.ts, test.c; but not latest.py or inspect.rb.
bool HasTestSuffix(std::string_view base) {
  const std::string_view word = LastWordBeforeExtension(base);
  if (word.empty()) return false;
  const std::string lower = AsciiLower(word);
  static constexpr std::string_view kWhole[] = {"test",  "tests", "spec",
                                                "specs", "bench", "benchs"};
  if (IsOneOf(lower, kWhole)) return true;  // bounded by a separator or the start
  for (std::string_view suffix : {"Test", "Tests", "Spec"}) {
    if (word.size() > suffix.size() && word.substr(word.size() - suffix.size()) == suffix) {
      return true;
    }
  }
  return false;
}

bool IsTest(std::string_view base, std::string_view lower_base) {
  return lower_base.rfind("test_", 0) == 0 || HasTestSuffix(base) ||
         lower_base.ends_with(".bats") || lower_base.ends_with(".snap");
}

// "old" between separators: old/, x_old.c, old.py.
bool HasOld(std::string_view lower) {
  for (size_t i = lower.find("old"); i != std::string_view::npos; i = lower.find("old", i + 1)) {
    const bool left = i == 0 || lower[i - 1] == '/' || lower[i - 1] == '_';
    const size_t end = i + 3;
    const bool right =
        end == lower.size() || lower[end] == '/' || lower[end] == '_' || lower[end] == '.';
    if (left && right) return true;
  }
  return false;
}

const Platform* FindPlatform(std::string_view word) {
  const auto* found = std::find_if(std::begin(kPlatforms), std::end(kPlatforms),
                                   [&](const Platform& platform) { return platform.name == word; });
  return found == std::end(kPlatforms) ? nullptr : found;
}

// `lower`: a path in lower case. Of several platforms the last one counts: unix/darwin.c.
bool IsForOtherPlatform(std::string_view lower) {
  bool other = false;
  const auto is_word = [](char c) { return IsLower(c) || IsDigit(c); };
  for (auto end = lower.begin(); end != lower.end();) {
    const auto begin = std::find_if(end, lower.end(), is_word);
    end = std::find_if_not(begin, lower.end(), is_word);
    const Platform* platform = FindPlatform({begin, end});
    if (platform != nullptr) other = !platform->here;
  }
  return other;
}

}  // namespace

bool NamesPlatform(std::string_view word) { return FindPlatform(word) != nullptr; }

PathClass ClassifyPath(std::string_view path) {
  const std::string lower = AsciiLower(path);
  const std::string_view base = BaseName(path);
  PathClass result;
  ForEachComponent(lower, [&](std::string_view component) {
    result.test |= IsOneOf(component, kTestFolders);
    result.example |= IsOneOf(component, kExampleFolders);
    result.vendored |= IsOneOf(component, kVendorFolders);
  });
  result.test |= IsTest(base, BaseName(lower));
  result.vendored |= HoldsAny(lower, kVendorMarks);
  result.compat = HoldsAny(lower, kCompatMarks) || HasOld(lower);
  result.init = path.ends_with("__init__.py") || path.ends_with("package-info.java");
  result.type_declarations = path.ends_with(".d.ts");
  result.other_platform = IsForOtherPlatform(lower);
  const Language* language = DetectLanguage(path, /*content_head=*/"");
  result.document = language != nullptr && language->family != LanguageFamily::kCode;
  return result;
}

VersionFolder FindVersionFolder(std::string_view path) {
  for (size_t begin = 0;;) {
    const size_t slash = path.find('/', begin);
    if (slash == std::string_view::npos) return {};
    const std::string_view component = path.substr(begin, slash - begin);
    if (component.size() >= 2 && component.size() <= 6 &&
        (component[0] == 'v' || component[0] == 'V') &&
        std::all_of(component.begin() + 1, component.end(), IsDigit)) {
      VersionFolder version{.parent = path.substr(0, begin), .folder = path.substr(0, slash + 1)};
      std::from_chars(component.data() + 1, component.data() + component.size(), version.number);
      return version;
    }
    begin = slash + 1;
  }
}

PathWords WordsOfPath(std::string_view path) {
  PathWords words;
  const std::string_view base = BaseName(path);
  const size_t dot = base.rfind('.');
  words.stem = dot == std::string_view::npos || dot == 0 ? base : base.substr(0, dot);
  if (base.size() < path.size()) {
    words.last_folder = BaseName(path.substr(0, path.size() - base.size() - 1));
  }
  const bool generic = IsOneOf(AsciiLower(words.stem), kGenericStems);
  words.effective_stem = generic && !words.last_folder.empty() ? words.last_folder : words.stem;
  return words;
}

int PathDepth(std::string_view path) {
  return static_cast<int>(std::count(path.begin(), path.end(), '/'));
}

}  // namespace sg
