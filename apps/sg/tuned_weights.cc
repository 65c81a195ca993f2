#include "apps/sg/tuned_weights.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "apps/sg/settings_edit.h"
#include "core/base/file.h"
#include "core/base/format.h"

namespace sg {
namespace {

constexpr uint64_t kMostBytes = 64 << 10;  // what settings files may have

std::string RenderSet(const std::string& name, const FeatureValues& weights) {
  std::string out = ",\n    \"" + name + "\": {";
  const char* separator = "\n";
  for (const auto& [key, weight] : NameWeights(weights)) {
    out += separator + ("      \"" + key + "\": ") + Format("%.3f", weight);
    separator = ",\n";
  }
  return out + "\n    }";
}

// The file's text, unchecked: taking the weights out may be what mends it. Empty if there is none.
Result<std::string> ReadProjectSettings(const std::string& path) {
  struct stat info;
  if (::lstat(path.c_str(), &info) != 0) return std::string();
  if (!S_ISREG(info.st_mode)) return InvalidArgumentError(path + " is not a regular file");
  return ReadFile(path, kMostBytes);
}

}  // namespace

RankingChoice ChooseRanking(const Settings& settings) {
  RankingChoice choice;
  if (!settings.ranking) return choice;
  Result<RankingWeights> weights = ResolveWeights(*settings.ranking);
  if (weights.ok()) {
    choice.weights = *std::move(weights);
  } else {
    choice.warning =
        "the tuned weights of the settings are left out: " + weights.status().message() +
        "; make them anew: sg tune rank";
  }
  return choice;
}

std::string RenderTunedWeights(const RankingWeights& weights, const TunedFigures& figures) {
  std::string out = "{\n    \"version\": " + std::to_string(kTunedWeightsVersion) +
                    ",\n    \"queries\": " + std::to_string(figures.queries) +
                    ",\n    \"ndcg_before\": " + Format("%.3f", figures.ndcg_before) +
                    ",\n    \"ndcg_after\": " + Format("%.3f", figures.ndcg_after);
  if (!weights.prose_origin.empty()) out += RenderSet("prose", weights.prose);
  if (!weights.symbol_origin.empty()) out += RenderSet("symbol", weights.symbol);
  return out + "\n  }";
}

Result<bool> WriteProjectRanking(const std::string& root,
                                 const std::optional<std::string>& ranking) {
  const std::string path = ProjectSettingsPath(root);
  SG_ASSIGN_OR_RETURN(const std::string text, ReadProjectSettings(path));
  if (text.empty() && !ranking) return false;
  const Result<std::string> edit = EditSetting(text, "ranking", ranking);
  if (!edit.ok()) return edit.status().WithContext(path);
  const std::string& edited = *edit;
  if (edited == text) return false;
  if (!ranking && IsEmptySettings(edited)) {
    if (::unlink(path.c_str()) != 0) return ErrnoError("delete", path, errno);
    return true;
  }
  // What was written must say what was meant, whatever the file looked like.
  SG_ASSIGN_OR_RETURN(const Settings check, ParseSettings(edited, path, SettingsSource::kProject));
  if (check.ranking.has_value() != ranking.has_value()) {
    return InvalidArgumentError("cannot change 'ranking' in " + path + "; please do it by hand");
  }
  SG_RETURN_IF_ERROR(WriteFileAtomic(path, edited));
  return true;
}

}  // namespace sg
