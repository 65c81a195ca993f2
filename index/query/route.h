#pragma once
// Which model a text belongs to: code, prose or CJK text. Decides the spaces of chunks when an
// index is made, and how much each space counts for a query (docs/routing.md). Pure functions.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "extract/language.h"
#include "index/query/query.h"

namespace sg {

// Numbers are stored in the index (as bits): append only.
enum class Route : uint8_t { kCode = 0, kText = 1, kCjk = 2 };
inline constexpr size_t kRouteCount = 3;
inline constexpr std::array<Route, kRouteCount> kAllRoutes = {Route::kCode, Route::kText,
                                                              Route::kCjk};

constexpr uint32_t RouteBit(Route route) { return uint32_t{1} << static_cast<uint8_t>(route); }
inline constexpr uint32_t kAllRouteBits = (uint32_t{1} << kRouteCount) - 1;

// "code", "text", "cjk".
std::string_view RouteName(Route route);

// "code, text" for the bits of these.
std::string RouteNames(uint32_t routes);

// CJK text where it is a tenth of the letters or more (one CJK character counts as a word's worth
// of letters); else by the language of the file: prose is text, all other is code.
Route RouteOfChunk(LanguageFamily family, std::string_view text);

// CJK characters, else code patterns (a single name, calls, operators, names in camelCase or
// snake_case), else text.
Route RouteOfQuery(const Query& query);

// How much a space that holds chunks of `content` counts for a query of route `query`, in (0, 1].
double RouteWeight(Route query, Route content);

}  // namespace sg
