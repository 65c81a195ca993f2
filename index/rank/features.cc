#include "index/rank/features.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "core/text/words.h"

namespace sg {
namespace {

// Keeps quotients defined where a query has no topic.
constexpr double kEpsilon = 1e-6;

double Cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

// The words of `text`, each stem once.
std::vector<const QueryProfile::StemmedWord*> DistinctStems(QueryProfile& profile,
                                                            std::string_view text) {
  std::vector<const QueryProfile::StemmedWord*> stems;
  for (const std::string& word : SplitWords(text)) {
    const QueryProfile::StemmedWord& stemmed = profile.Stemmed(word);
    const bool known = std::any_of(stems.begin(), stems.end(),
                                   [&](const auto* s) { return s->stem == stemmed.stem; });
    if (!known) stems.push_back(&stemmed);
  }
  return stems;
}

// How much one query word looks like the begin of a word of the file name, or the reverse.
double PrefixMatch(const std::string& word, const std::vector<std::string>& name_words) {
  for (const std::string& name : name_words) {
    if (name == word) continue;
    if (name.size() >= 3 && (word.starts_with(name) || name.starts_with(word))) return 1;
    if (name.size() >= 5 && word.size() >= 5 && name.compare(0, 5, word, 0, 5) == 0) return 0.6;
  }
  return 0;
}

// Mean of PrefixMatch over the query's words of at least three letters.
double StemPrefix(const QueryProfile& profile, const std::vector<std::string>& name_words) {
  double sum = 0;
  size_t count = 0;
  for (const QueryProfile::Word& word : profile.words()) {
    if (word.text.size() < 3) continue;
    sum += PrefixMatch(word.text, name_words);
    ++count;
  }
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

double FolderRecall(QueryProfile& profile, std::string_view folder) {
  double sum = 0;
  for (const auto* word : DistinctStems(profile, folder)) sum += word->idf_share;
  return sum;
}

// Likeness of query words and file name by their vectors, from both sides.
struct SoftMatch {
  double recall = 0, precision = 0;
};
SoftMatch SoftStemMatch(QueryProfile& profile, const std::vector<std::string>& name_words) {
  SoftMatch match;
  if (name_words.empty() || profile.words().empty()) return match;
  std::vector<double> best_for_query(profile.words().size(), 0);
  for (const std::string& name : name_words) {
    const std::vector<float>& vector = profile.WordVector(name);
    double best = 0;
    for (size_t i = 0; i < profile.words().size(); ++i) {
      double cosine = std::min(Cosine(profile.words()[i].vector, vector), 1.0);
      if (cosine < kLeastLikeness) cosine = 0;
      best_for_query[i] = std::max(best_for_query[i], cosine);
      best = std::max(best, cosine);
    }
    match.precision += best / static_cast<double>(name_words.size());
  }
  for (size_t i = 0; i < best_for_query.size(); ++i) {
    match.recall += profile.words()[i].weight * best_for_query[i];
  }
  return match;
}

// Class 3, function and alias 2, impl and variable 1: a name's level in a file is the highest.
int DefinitionLevel(DefinitionKind kind) {
  switch (kind) {
    case DefinitionKind::kClass: return 3;
    case DefinitionKind::kFunction:
    case DefinitionKind::kType: return 2;
    default: return 1;
  }
}

// Fields, and what is declared here but defined elsewhere, are half an answer.
double DefinitionShare(const Definition& definition) {
  const bool field = definition.kind == DefinitionKind::kVariable && !definition.scope.empty();
  return field || definition.kind == DefinitionKind::kDeclaration ? 0.5 : 1;
}

// Namespaces and headings name no code of their own.
bool CountsAsDefinition(const Definition& definition) {
  return definition.kind != DefinitionKind::kNamespace &&
         definition.kind != DefinitionKind::kSection;
}

void DefinitionFeatures(const FileFacts& file, FeatureValues* values) {
  std::unordered_map<const QueryName*, int> levels;
  double best = 0, defines = 0;
  for (const MatchedDefinition& d : file.definitions) {
    if (!CountsAsDefinition(*d.definition)) continue;
    if (d.asked != nullptr) {
      int& level = levels[d.asked];
      level = std::max(level, DefinitionLevel(d.definition->kind));
      defines = std::max(defines, DefinitionShare(*d.definition));
    }
    best = std::max(
        best, DefinitionShare(*d.definition) * d.match.recall * (0.3 + 0.7 * d.match.precision));
  }
  const auto set = [&](Feature f, double v) { (*values)[static_cast<size_t>(f)] = v; };
  set(Feature::kDefines, defines);
  set(Feature::kDefinesFunction,
      std::any_of(levels.begin(), levels.end(), [](const auto& l) { return l.second == 2; }));
  set(Feature::kBestDefinition, best);
}

void WeakenSimilarity(double share, FeatureValues* values) {
  for (Feature f : {Feature::kSemantic, Feature::kFileSemantic, Feature::kHeaderSemantic,
                    Feature::kFeedback, Feature::kDensity}) {
    (*values)[static_cast<size_t>(f)] *= share;
  }
}

void PathFeatures(QueryProfile& profile, const FileFacts& file, FeatureValues* values) {
  const auto set = [&](Feature f, double v) { (*values)[static_cast<size_t>(f)] = v; };
  const PathWords path = WordsOfPath(file.path);
  const std::vector<std::string> name_words = SplitWords(path.effective_stem);
  const SoftMatch soft = SoftStemMatch(profile, name_words);
  set(Feature::kStemPrefix, StemPrefix(profile, name_words));
  set(Feature::kFolderRecall, FolderRecall(profile, path.last_folder));
  set(Feature::kStemSoftRecall, soft.recall);
  set(Feature::kStemSoftPrecision, soft.precision);

  const PathClass kind = ClassifyPath(file.path);
  set(Feature::kTest, kind.test);
  set(Feature::kCompat, kind.compat || file.old_version);
  set(Feature::kInit, kind.init);
  set(Feature::kVendored, kind.vendored);
  set(Feature::kExample, kind.example);
  set(Feature::kDocument, kind.document);
  if (kind.document) {
    WeakenSimilarity(file.document_similarity, values);
    set(Feature::kMentions, 0);  // a book that uses the word does not mention the file
  }
  set(Feature::kTypeDeclarations, kind.type_declarations);
  set(Feature::kPlatform, kind.other_platform && !profile.names_platform());
  set(Feature::kDepth, PathDepth(file.path) - profile.repository().least_depth);
}

}  // namespace

std::string_view LastNamePart(std::string_view name) {
  name = name.substr(0, name.find('<'));
  const size_t joint = name.find_last_of(".:");
  return joint == std::string_view::npos ? name : name.substr(joint + 1);
}

QueryProfile::QueryProfile(const Query& query, const std::vector<uint64_t>& stem_chunks,
                           const RepositoryFacts& repository, const StaticModel& lexical)
    : query_(query), repository_(repository), lexical_(lexical), total_idf_(kEpsilon) {
  const double n = static_cast<double>(repository.chunks);
  for (size_t i = 0; i < query.stems.size(); ++i) {
    const double df = i < stem_chunks.size() ? static_cast<double>(stem_chunks[i]) : 0;
    const double idf = std::log(1 + (std::max(n - df, 0.0) + 0.5) / (df + 0.5));
    idf_.emplace(query.stems[i], idf);
    total_idf_ += idf;
  }
  double sum = 0;
  std::unordered_set<std::string> seen;
  for (const std::string& word : query.words) {
    if (word.size() < 2 || IsStopWord(word) || !seen.insert(word).second) continue;
    const auto found = idf_.find(Stem(word));
    words_.push_back({.text = word,
                      .weight = found == idf_.end() ? 1.0 : found->second,
                      .vector = WordVector(word)});
    sum += words_.back().weight;
  }
  for (Word& word : words_) word.weight /= sum + kEpsilon;
  names_platform_ = std::any_of(words_.begin(), words_.end(),
                                [](const Word& word) { return NamesPlatform(word.text); });
}

double QueryProfile::Idf(const std::string& stem) const {
  const auto found = idf_.find(stem);
  return found == idf_.end() ? 0 : found->second;
}

const QueryProfile::StemmedWord& QueryProfile::Stemmed(const std::string& word) {
  auto [entry, fresh] = stemmed_.try_emplace(word);
  if (fresh) {
    entry->second.stem = Stem(word);
    entry->second.idf_share = Idf(entry->second.stem) / total_idf_;
  }
  return entry->second;
}

const std::vector<float>& QueryProfile::WordVector(const std::string& word) {
  auto [entry, fresh] = vectors_.try_emplace(word);
  if (fresh) {
    entry->second.assign(lexical_.dim(), 0.0f);
    lexical_.AddBag(word, 1.0f, entry->second);
    Normalize(entry->second);
  }
  return entry->second;
}

const QueryName* QueryProfile::FindName(std::string_view joined) const {
  for (const QueryName& name : query_.names) {
    if (name.joined == joined) return &name;
  }
  return nullptr;
}

NameMatch MatchName(QueryProfile& profile, std::string_view name_part) {
  const auto stems = DistinctStems(profile, name_part);
  NameMatch match;
  size_t found = 0;
  for (const QueryProfile::StemmedWord* word : stems) {
    match.recall += word->idf_share;
    found += word->idf_share > 0;
  }
  if (found > 0) match.precision = static_cast<double>(found) / static_cast<double>(stems.size());
  return match;
}

double TopicCoverage(QueryProfile& profile, std::string_view text) {
  std::unordered_set<std::string_view> seen;
  double share = 0;
  for (const std::string& word : SplitWords(text)) {
    const QueryProfile::StemmedWord& stemmed = profile.Stemmed(word);
    if (stemmed.idf_share > 0 && seen.insert(stemmed.stem).second) share += stemmed.idf_share;
  }
  return std::min(share, 1.0);
}

MatchedDefinition MatchDefinition(QueryProfile& profile, const Definition& definition) {
  MatchedDefinition matched{.definition = &definition};
  const std::string_view name = LastNamePart(definition.name);
  // A name of one letter or sign says nothing.
  const std::string joined = JoinedWords(name);
  if (joined.size() < 2) return matched;
  matched.asked = profile.FindName(joined);
  matched.match = MatchName(profile, name);
  return matched;
}

FeatureValues ComputeFeatures(QueryProfile& profile, const FileFacts& file,
                              const FileSignals& signals) {
  FeatureValues values{};
  const auto set = [&](Feature f, double v) { values[static_cast<size_t>(f)] = v; };
  set(Feature::kKeyword, signals.keyword);
  set(Feature::kDensity, signals.density);
  set(Feature::kSemantic, signals.semantic);
  set(Feature::kFileSemantic, signals.file_semantic);
  set(Feature::kHeaderSemantic, signals.header_semantic);
  set(Feature::kFeedback, signals.feedback);
  const double files = static_cast<double>(profile.repository().files);
  const double mentions = std::log1p(file.mention_count) / std::max(std::log1p(files), kEpsilon);
  set(Feature::kMentions, std::min(mentions, kMostMentions));
  PathFeatures(profile, file, &values);
  DefinitionFeatures(file, &values);
  return values;
}

}  // namespace sg
