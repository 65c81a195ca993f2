#pragma once
// Changes one key of a settings file and leaves the rest, comments and layout included, as it is.
// Pure.

#include <optional>
#include <string>
#include <string_view>

#include "core/base/status.h"

namespace sg {

// Returns `text`, an object as settings files are, with `key` set to the JSON `value`; without
// `value` the key is taken out. An empty text is an empty object.
// REQUIRES: ParseSettings accepts `text`, or it is blank.
Result<std::string> EditSetting(std::string_view text, std::string_view key,
                                const std::optional<std::string>& value);

// Whether `text` is an object without keys and comments: nothing that anybody would miss.
bool IsEmptySettings(std::string_view text);

}  // namespace sg
