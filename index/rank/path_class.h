#pragma once
// What a path says about a file before it is read: test, example, vendored, old, entry file, and
// the words of its name. Pure; callable from any thread.

#include <string>
#include <string_view>
#include <vector>

namespace sg {

struct PathClass {
  bool test = false;  // tests/, spec/, testdata/, fixtures/, bench/, mocks/, test_x, x_test, XTest
  bool document = false;  // prose or data by its name: README.md, docs/guide.rst, settings.yaml
  bool example = false;   // examples/, docs/, samples/, demos/, tutorials/, website/
  bool vendored = false;  // vendor/, third_party/, deps/, dist/, generated/, x.min.js, x_pb2.py
  // compat, legacy, deprecated, old. A folder `vN` is not enough: see VersionFolder.
  bool compat = false;
  bool init = false;               // __init__.py, package-info.java
  bool type_declarations = false;  // .d.ts
  // A word of the path names an operating system that is not the one this program was built for:
  // win/, darwin.c, poll_windows.go.
  bool other_platform = false;
};
PathClass ClassifyPath(std::string_view path);

// True for the lower-case name of an operating system, as paths and questions use it: "windows",
// "win32", "darwin", "freebsd".
bool NamesPlatform(std::string_view word);

// A folder named v1, v2 ... on the path; number is -1 if there is none. Such a file counts as old
// only if a newer or unversioned counterpart holds more files (docs/ranking.md), which the caller
// finds out: `parent` + "v<other>/" and `parent` itself are the counterparts.
struct VersionFolder {
  int number = -1;
  std::string_view parent;  // with its '/', empty at the root
  std::string_view folder;  // up to and including the version's '/'
};
VersionFolder FindVersionFolder(std::string_view path);

// The words by which people call a file.
struct PathWords {
  std::string stem;         // base name without the last extension
  std::string last_folder;  // empty at the root
  // The stem, or the folder where the stem says nothing (index, mod, __init__, main ...).
  std::string effective_stem;
};
PathWords WordsOfPath(std::string_view path);

// Number of '/' in `path`.
int PathDepth(std::string_view path);

}  // namespace sg
