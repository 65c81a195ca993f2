#include "index/query/route.h"

#include <algorithm>

#include "core/text/words.h"

namespace sg {
namespace {

// [query][content], in the order of Route. Origin: set by hand; a query finds most in what it is
// written like, but questions in English are mostly about code.
constexpr double kWeights[kRouteCount][kRouteCount] = {
    // code, text, cjk
    {1.0, 0.7, 0.7},  // code
    {1.0, 1.0, 0.8},  // text
    {0.8, 0.7, 1.0},  // cjk
};

constexpr size_t kSampleBytes = 4096;
constexpr size_t kLettersPerCjkCharacter = 3;

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }

// camelCase, snake_case, or a name with a digit inside.
bool LooksLikeName(std::string_view identifier) {
  for (size_t i = 1; i < identifier.size(); ++i) {
    if (IsUpper(identifier[i]) && IsLower(identifier[i - 1])) return true;
    if (identifier[i] == '_' && i + 1 < identifier.size()) return true;
  }
  return false;
}

// What hardly occurs in sentences.
bool HasCodeSigns(std::string_view text) {
  static constexpr std::string_view kSigns[] = {
      "()", "::", "->", "=>", "==", "!=", "{", "};", "[]"};
  return std::any_of(std::begin(kSigns), std::end(kSigns), [&](std::string_view sign) {
    return text.find(sign) != std::string_view::npos;
  });
}

// Bytes of a character by its first byte; 1 for what is no first byte.
size_t CharacterBytes(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

}  // namespace

std::string_view RouteName(Route route) {
  switch (route) {
    case Route::kCode: return "code";
    case Route::kText: return "text";
    case Route::kCjk: return "cjk";
  }
  return "text";
}

std::string RouteNames(uint32_t routes) {
  std::string names;
  for (const Route route : kAllRoutes) {
    if ((routes & RouteBit(route)) == 0) continue;
    names += (names.empty() ? "" : ", ") + std::string(RouteName(route));
  }
  return names;
}

Route RouteOfChunk(LanguageFamily family, std::string_view text) {
  const Route otherwise = family == LanguageFamily::kProse ? Route::kText : Route::kCode;
  text = text.substr(0, kSampleBytes);
  size_t letters = 0, cjk = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = std::min(CharacterBytes(text[at]), text.size() - at);
    if (bytes == 1) {
      letters += IsUpper(text[at]) || IsLower(text[at]);
    } else if (bytes >= 3 && HasCjk(text.substr(at, bytes))) {
      cjk += kLettersPerCjkCharacter;
    } else {
      ++letters;
    }
    at += bytes;
  }
  return cjk > 0 && cjk * 10 >= letters + cjk ? Route::kCjk : otherwise;
}

Route RouteOfQuery(const Query& query) {
  if (HasCjk(query.text)) return Route::kCjk;
  if (query.one_word && !query.identifiers.empty()) return Route::kCode;
  if (HasCodeSigns(query.text)) return Route::kCode;
  const auto names = static_cast<size_t>(
      std::count_if(query.identifiers.begin(), query.identifiers.end(), LooksLikeName));
  // A question may name one symbol among its words.
  return names > 0 && names * 2 >= query.identifiers.size() ? Route::kCode : Route::kText;
}

double RouteWeight(Route query, Route content) {
  return kWeights[static_cast<size_t>(query)][static_cast<size_t>(content)];
}

}  // namespace sg
