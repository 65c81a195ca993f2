#pragma once
// Finds the files and lines that a query names: paths, and the lines of stack traces and compiler
// messages of Python, Java, Kotlin, Scala, JavaScript, Go, Rust, Ruby, PHP, .NET, gdb, gcc and
// MSVC. Pure; callable from any thread.

#include <string_view>
#include <vector>

#include "index/query/query.h"

namespace sg {

// Returns what `text` names, innermost stack frame first, at most kMaxQueryPlaces. A text without
// white space that looks like a path is one place without a line.
std::vector<QueryPlace> FindPlaces(std::string_view text);

// True if `path` names the file of `place`: equal, or one is the end of the other at a '/'.
// A place that was written with a '/' but without extension also matches (lib/router ->
// lib/router.js).
bool PlaceNamesFile(const QueryPlace& place, std::string_view path);

// How much of the two agrees, in path components from the end; 0 if PlaceNamesFile is false.
// More is better: it tells a/util.py from b/util.py for the place /home/me/b/util.py.
int PlaceAgreement(const QueryPlace& place, std::string_view path);

}  // namespace sg
