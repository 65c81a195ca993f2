// The query parser on arbitrary bytes (index/query/parser.h).

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "index/query/parser.h"
#include "index/query/places.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const sg::Query query = sg::ParseQuery(text);
  Require(query.text.size() <= sg::kMaxQueryBytes);
  Require(query.terms.size() <= sg::kMaxQueryTerms);
  Require(query.places.size() <= sg::kMaxQueryPlaces);
  Require(query.places.empty() || query.phrases.empty());
  for (const std::string& term : query.terms) Require(!term.empty());
  for (const std::string& phrase : query.phrases) Require(!phrase.empty());
  for (const sg::QueryName& name : query.names) Require(name.joined.size() >= 2);
  for (const sg::QueryPlace& place : query.places) {
    // A file is named by its own path, whatever the path looks like.
    if (sg::PlaceAgreement(place, place.path) == 0) continue;
    Require(sg::PlaceNamesFile(place, place.path));
  }
  Require(sg::QueryFromText(text).names.empty());
  return 0;
}
