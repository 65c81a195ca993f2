#pragma once
// Paths as users give and read them. Bytes, not text. Callable from any thread.

#include <optional>
#include <string>
#include <string_view>

#include "core/base/status.h"

namespace sg {

// realpath(3) with an error that names the path.
Result<std::string> AbsolutePath(const std::string& path);
bool IsDirectory(const std::string& path);
// Absolute and without "." and ".." and doubled slashes; asks no file system beyond the current
// folder's name, so it works for a file that is not there yet.
std::string LexicallyAbsolute(const std::string& path);

// `path` as seen from `root`; "" for `root` itself; nullopt if it lies outside. Both absolute.
std::optional<std::string> PathWithin(std::string_view path, std::string_view root);

// How to name `path` (relative to `root`) to somebody who is in `current_dir`: relative where that
// needs no more than climbing within the root, else absolute. Pure.
std::string PathFrom(std::string_view current_dir, std::string_view root, const std::string& path);

}  // namespace sg
