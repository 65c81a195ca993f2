#pragma once
// What decides which files an index holds and how much of them, as the canonical text that the
// index records (IndexSettings::walk_settings), and back: an update made by a search must walk the
// tree the way `sg index` did, whatever the flags of the search are. Pure functions.

#include <string>
#include <string_view>

#include "core/base/status.h"
#include "extract/source_text.h"
#include "extract/walker.h"

namespace sg {

inline constexpr size_t kDefaultChunkTokens = 512;

struct WalkSettings {
  WalkOptions walk;  // WalkOptions::force is not recorded: it is false after parsing
  SourceLimits limits;
  // That encoders read of a chunk; a search must open the models as `sg index` did.
  size_t max_tokens_per_chunk = kDefaultChunkTokens;
};

// Equal settings give equal text; the order of include and exclude matters, as in .gitignore.
std::string WalkSettingsText(const WalkOptions& walk, const SourceLimits& limits,
                             size_t max_tokens_per_chunk = kDefaultChunkTokens);

// kCorrupt if `text` is not what WalkSettingsText made.
Result<WalkSettings> ParseWalkSettings(std::string_view text);

}  // namespace sg
