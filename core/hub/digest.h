#pragma once
// Cryptographic hashes of files, as the hub names them: SHA-256 of large files, git's SHA-1 of
// small ones. Computed by OpenSSL's libcrypto, loaded on first use. Callable from any thread.

#include <atomic>
#include <string>
#include <string_view>

#include "core/base/status.h"

namespace sg {

// True if `etag` is such a hash: 64 (SHA-256) or 40 (git) lower-case hexadecimal digits.
bool IsFileDigest(std::string_view etag);

// The hash of the file `path`, of the kind that `like` is: 64 or 40 hexadecimal digits. O(size),
// constant memory. kIo, kNotFound; kUnsupported without libcrypto; kCancelled.
// REQUIRES: IsFileDigest(like).
Result<std::string> FileDigest(const std::string& path, std::string_view like,
                               const std::atomic<bool>* cancel = nullptr);

}  // namespace sg
