// Settings files (apps/sg/settings.h), which come with strangers' source trees, and what changes
// them (apps/sg/settings_edit.h) on arbitrary bytes.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "apps/sg/settings.h"
#include "apps/sg/settings_edit.h"
#include "apps/sg/tuned_weights.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

// Weights that are let through are bounded.
void CheckWeights(const sg::Settings& settings) {
  const sg::RankingChoice choice = sg::ChooseRanking(settings);
  if (!choice.weights) return;
  for (const sg::FeatureWeight& row : sg::kFeatureWeights) {
    for (const bool one_word : {false, true}) {
      const double weight = choice.weights->For(one_word)[static_cast<size_t>(row.feature)];
      Require(std::isfinite(weight) && std::abs(weight) <= sg::LargestWeight(row));
    }
  }
}

// What was readable stays readable, and says what was meant (a key written with escapes apart).
void CheckEdit(const std::string& text) {
  const bool escapes = text.find('\\') != std::string::npos;
  for (const std::optional<std::string>& value :
       {std::optional<std::string>("{\"version\": 1}"), std::optional<std::string>()}) {
    const auto edited = sg::EditSetting(text, "ranking", value);
    Require(edited.ok());
    const auto read = sg::ParseSettings(*edited, "f", sg::SettingsSource::kUser);
    Require(read.ok());
    if (!escapes) Require(read->ranking.has_value() == value.has_value());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)sg::EditSetting(text, "ranking", "7");
  (void)sg::EditSetting(text, "ranking", std::nullopt);
  (void)sg::ParseSettings(text, "f", sg::SettingsSource::kProject);
  const auto settings = sg::ParseSettings(text, "f", sg::SettingsSource::kUser);
  if (!settings.ok()) return 0;
  CheckWeights(*settings);
  CheckEdit(text);
  return 0;
}
