#pragma once
// The entries of a zip archive that stores them uncompressed (APPNOTE.TXT 4.3, with zip64), as
// views into its bytes. Hostile archives get an error: every range is checked, entries may not
// overlap, compressed and encrypted ones are refused.

#include <map>
#include <string>
#include <string_view>

#include "core/base/status.h"

namespace sg {

// True if `bytes` begins like a zip archive.
bool LooksLikeZip(std::string_view bytes);

// Name -> contents. kCorrupt; kUnsupported for compressed or encrypted entries.
Result<std::map<std::string, std::string_view, std::less<>>> ReadStoredZip(std::string_view bytes);

}  // namespace sg
