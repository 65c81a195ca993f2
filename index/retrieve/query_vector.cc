#include "index/retrieve/query_vector.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "core/text/words.h"
#include "index/rank/weights.h"

namespace sg {

std::vector<float> StaticQueryVector(
    const StaticModel& model, const Query& query, uint64_t files,
    const std::function<uint64_t(const std::string&)>& files_with_stem) {
  const std::unordered_set<std::string> topic(query.stems.begin(), query.stems.end());
  const double log_files = std::log(static_cast<double>(files) + 1) + 1e-6;
  std::vector<float> sum(model.dim(), 0.0f);
  for (const std::string& word : query.words) {
    double weight = kStopWordWeight;
    if (!IsStopWord(word)) {
      weight = 1;
      if (const std::string stem = Stem(word); topic.count(stem) > 0) {
        const double df = static_cast<double>(files_with_stem(stem));
        const double idf = std::log((static_cast<double>(files) + 1) / (df + 0.5)) / log_files;
        weight = std::sqrt(std::clamp(idf, kLeastWordWeight, 1.0));
      }
    }
    model.AddBag(word, static_cast<float>(weight), sum);
  }
  Normalize(sum);
  return sum;
}

}  // namespace sg
