#include "index/retrieve/space_set.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "core/kernels/dot.h"

namespace sg {
namespace {

constexpr size_t kSpreadSample = 512;  // passages that tell how scores are spread
// How many standard deviations above the mean of its space a score of 1 would be if calibrated
// scores went on straight, and from where they approach 1 ever slower: z-scores of MaxSim over
// passages of one repository reach 4 to 6 for the best, of 100,000 passages many exceed 5, and the
// better of two must stay the better.
constexpr double kBestZ = 5;
constexpr double kBentZ = 4;
// Fewer passages have no distribution to speak of: their calibrated scores go by rank, from this
// one downwards.
constexpr size_t kFewPassages = 8;
constexpr double kBestOfFew = 0.5;

struct Candidate {
  uint32_t passage = 0;
  float score = 0;
};

// The best `count` by score, best first; ties go to the smaller number.
void KeepBest(size_t count, std::vector<Candidate>* candidates) {
  const auto better = [](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.passage < b.passage;
  };
  if (count < candidates->size()) {
    std::nth_element(candidates->begin(), candidates->begin() + static_cast<std::ptrdiff_t>(count),
                     candidates->end(), better);
    candidates->resize(count);
  }
  std::sort(candidates->begin(), candidates->end(), better);
}

}  // namespace

double CalibratedScore(double z) {
  if (z <= kBentZ) return std::max(z, 0.0) / kBestZ;
  return 1 - (1 - kBentZ / kBestZ) * std::exp(kBentZ - z);
}

struct SpaceSet::Arm {
  SpaceInfo info;
  const Embedder* embedder = nullptr;
  std::optional<TokenCodec> codec;
  std::vector<SpaceBlock> blocks;
  // Passages in use: block and place, and where `chunks` lists those that have them.
  struct Passage {
    uint32_t block = 0, index = 0;
    uint32_t chunk_begin = 0, chunk_end = 0;
  };
  std::vector<Passage> passages;
  std::vector<ChunkId> chunks;
  static constexpr uint32_t kNoPassage = std::numeric_limits<uint32_t>::max();
  std::vector<uint32_t> passage_of;  // [ChunkId]

  // Of the query under way.
  MaxSimQuery query;
  std::vector<uint32_t> query_begin, query_end;  // [query tokens]
  std::vector<float> centroid_dots;              // [C, P]

  std::span<const ChunkId> ChunksOf(const Passage& p) const {
    return std::span(chunks).subspan(p.chunk_begin, p.chunk_end - p.chunk_begin);
  }
  std::span<const uint16_t> Centroids(const Passage& p) const {
    const SpaceBlock& block = blocks[p.block];
    return std::span(block.centroids)
        .subspan(block.token_begin[p.index],
                 block.token_begin[p.index + 1] - block.token_begin[p.index]);
  }
  Status Load(const SpaceReader& reader);
  void ListPassages(std::span<const uint64_t> keys);
  Status Ask(const std::string& text);
  float Mean(std::span<const float> best) const;
  std::vector<Candidate> FirstLook(const std::vector<uint32_t>& allowed,
                                   const SpaceSearchOptions& options) const;
  // The score by codes; `decoded`: exact MaxSim with the decoded tokens.
  Result<float> ScorePassage(const SpaceReader& reader, uint32_t passage, bool decoded) const;
  struct Scored {
    std::vector<Candidate> best;
    double mean = 0, deviation = 0;  // of the space's scores for this query

    double Calibrate(float score) const {
      if (deviation <= 0) return 0;
      return CalibratedScore((double{score} - mean) / deviation);
    }
  };
  Result<Scored> Search(const SpaceReader& reader, const std::vector<uint32_t>& allowed,
                        const SpaceSearchOptions& options) const;
};

Status SpaceSet::Arm::Load(const SpaceReader& reader) {
  if (info.space.multi_vector) {
    SG_ASSIGN_OR_RETURN(codec, reader.Codec(info));
  }
  SG_RETURN_IF_ERROR(reader.ScanBlocks(info, codec ? &*codec : nullptr, [&](SpaceBlock&& block) {
    blocks.push_back(std::move(block));
    return Status::Ok();
  }));
  SG_ASSIGN_OR_RETURN(const std::vector<uint64_t> keys, reader.ChunkKeys(info));
  ListPassages(keys);
  return Status::Ok();
}

void SpaceSet::Arm::ListPassages(std::span<const uint64_t> keys) {
  struct Place {
    uint32_t block = 0, index = 0, passage = kNoPassage;
  };
  std::unordered_map<uint64_t, Place> places;
  size_t stored = 0;
  for (const SpaceBlock& block : blocks) stored += block.keys.size();
  places.reserve(stored);
  for (uint32_t b = 0; b < blocks.size(); ++b) {
    for (uint32_t i = 0; i < blocks[b].keys.size(); ++i) {
      places.insert_or_assign(blocks[b].keys[i], Place{.block = b, .index = i});
    }
  }
  passage_of.assign(keys.size(), kNoPassage);
  for (ChunkId chunk = 0; chunk < keys.size(); ++chunk) {
    const auto found = keys[chunk] == 0 ? places.end() : places.find(keys[chunk]);
    if (found == places.end()) continue;
    Place& place = found->second;
    if (place.passage == kNoPassage) {
      place.passage = static_cast<uint32_t>(passages.size());
      passages.push_back({.block = place.block, .index = place.index});
    }
    passage_of[chunk] = place.passage;
    ++passages[place.passage].chunk_end;  // counts, for now
  }
  uint32_t begin = 0;
  for (Passage& p : passages) {
    p.chunk_begin = begin;
    begin += p.chunk_end;
    p.chunk_end = p.chunk_begin;
  }
  chunks.resize(begin);
  for (ChunkId chunk = 0; chunk < keys.size(); ++chunk) {
    if (passage_of[chunk] != kNoPassage) chunks[passages[passage_of[chunk]].chunk_end++] = chunk;
  }
}

Status SpaceSet::Arm::Ask(const std::string& text) {
  const std::string_view view = text;
  query_begin.clear();
  query_end.clear();
  if (!info.space.multi_vector) {
    SG_ASSIGN_OR_RETURN(const Matrix row, embedder->Embed({&view, 1}, TextRole::kQuery));
    query = PackMaxSimQuery(row.data, 1, row.cols);
    return Status::Ok();
  }
  SG_ASSIGN_OR_RETURN(std::vector<TokenEmbeddings> tokens,
                      embedder->EmbedTokens({&view, 1}, TextRole::kQuery));
  const Matrix& rows = tokens[0].vectors;
  query = PackMaxSimQuery(codec->Turn(rows.data), rows.rows, rows.cols);
  query_begin = std::move(tokens[0].byte_begin);
  query_end = std::move(tokens[0].byte_end);
  centroid_dots.resize(codec->centroid_count() * query.padded);
  MaxSimDots(query, codec->centroids(), centroid_dots);
  return Status::Ok();
}

float SpaceSet::Arm::Mean(std::span<const float> best) const {
  float sum = 0;
  for (size_t q = 0; q < query.tokens; ++q) sum += std::isfinite(best[q]) ? best[q] : 0;
  return query.tokens == 0 ? 0 : sum / static_cast<float>(query.tokens);
}

std::vector<Candidate> SpaceSet::Arm::FirstLook(const std::vector<uint32_t>& allowed,
                                                const SpaceSearchOptions& options) const {
  std::vector<Candidate> candidates;
  std::vector<float> best(query.padded);
  // Which centroids are near enough to a query token, and what the others could give at most.
  std::vector<uint8_t> kept;
  std::vector<float> imputed(query.tokens, -1.0f);
  if (allowed.size() > options.prune_above) {
    const size_t count = codec->centroid_count();
    std::vector<float> nearest(count, -1.0f);
    for (size_t c = 0; c < count; ++c) {
      const float* dots = &centroid_dots[c * query.padded];
      nearest[c] = *std::max_element(dots, dots + query.tokens);
    }
    std::vector<float> sorted = nearest;
    const auto cut = static_cast<size_t>(options.kept_centroids * static_cast<double>(count));
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(cut),
                     sorted.end(), std::greater<>());
    kept.resize(count);
    for (size_t c = 0; c < count; ++c) {
      kept[c] = nearest[c] >= sorted[cut];
      if (kept[c] != 0) continue;
      for (size_t q = 0; q < query.tokens; ++q) {
        imputed[q] = std::max(imputed[q], centroid_dots[c * query.padded + q]);
      }
    }
  }
  std::vector<uint16_t> some;
  for (const uint32_t number : allowed) {
    std::span<const uint16_t> centroids = Centroids(passages[number]);
    if (!kept.empty()) {
      // Without a branch: which tokens are kept cannot be foretold.
      some.resize(std::max(some.size(), centroids.size()));
      size_t count = 0;
      for (const uint16_t c : centroids) {
        some[count] = c;
        count += kept[c];
      }
      if (count == 0) continue;
      centroids = std::span(some).first(count);
    }
    MaxSimCentroids(query, centroid_dots, centroids, best);
    if (!kept.empty()) {
      for (size_t q = 0; q < query.tokens; ++q) best[q] = std::max(best[q], imputed[q]);
    }
    candidates.push_back({number, Mean(best)});
  }
  return candidates;
}

Result<float> SpaceSet::Arm::ScorePassage(const SpaceReader& reader, uint32_t number,
                                          bool decoded) const {
  const Passage& place = passages[number];
  const TokenCodec* coder = codec ? &*codec : nullptr;
  SG_ASSIGN_OR_RETURN(const SpacePassage passage,
                      reader.ReadPassage(info, coder, blocks[place.block], place.index));
  std::vector<float> best(query.padded);
  if (coder == nullptr) {
    MaxSimInt8(query, passage.row, {&passage.scale, 1}, best);
  } else if (decoded) {
    MaxSimFloat(query, coder->Decode(passage.tokens.view()), best);
  } else {
    MaxSimPacked(query, coder->code(), centroid_dots, passage.tokens.view(), best);
  }
  return Mean(best);
}

Result<SpaceSet::Arm::Scored> SpaceSet::Arm::Search(const SpaceReader& reader,
                                                    const std::vector<uint32_t>& allowed,
                                                    const SpaceSearchOptions& options) const {
  Scored scored;
  // How scores of this space lie for this query: from passages spread over the index.
  double sum = 0, squares = 0, count = 0;
  const size_t step = std::max<size_t>(1, allowed.size() / kSpreadSample);
  for (size_t i = 0; i < allowed.size(); i += step) {
    SG_ASSIGN_OR_RETURN(const float score, ScorePassage(reader, allowed[i], /*decoded=*/false));
    sum += double{score};
    squares += double{score} * double{score};
    ++count;
  }
  scored.mean = count > 0 ? sum / count : 0;
  scored.deviation =
      count > 0 ? std::sqrt(std::max(0.0, squares / count - scored.mean * scored.mean)) : 0;
  if (codec) {
    scored.best = FirstLook(allowed, options);
    KeepBest(options.coded, &scored.best);
    // Read in the order of the blocks.
    std::sort(scored.best.begin(), scored.best.end(),
              [](const Candidate& a, const Candidate& b) { return a.passage < b.passage; });
  } else {
    for (const uint32_t number : allowed) scored.best.push_back({number, 0});
  }
  for (Candidate& c : scored.best) {
    SG_ASSIGN_OR_RETURN(c.score, ScorePassage(reader, c.passage, /*decoded=*/false));
  }
  KeepBest(options.coded, &scored.best);
  for (size_t i = 0; codec && i < std::min(options.exact, scored.best.size()); ++i) {
    SG_ASSIGN_OR_RETURN(scored.best[i].score,
                        ScorePassage(reader, scored.best[i].passage, /*decoded=*/true));
  }
  KeepBest(options.coded, &scored.best);
  return scored;
}

SpaceSet::~SpaceSet() = default;

Result<std::unique_ptr<SpaceSet>> SpaceSet::Open(const std::string& db_path,
                                                 const Snapshot& snapshot,
                                                 const SpaceSearchOptions& options) {
  std::unique_ptr<SpaceSet> set(new SpaceSet);
  set->options_ = options;
  SG_ASSIGN_OR_RETURN(const bool some, snapshot.HasSpaces());
  if (!some) return set;  // spares a connection of its own
  SG_ASSIGN_OR_RETURN(set->reader_, SpaceReader::Open(db_path));
  SG_ASSIGN_OR_RETURN(const std::vector<FileRecord> files, snapshot.Files());
  const uint64_t stamp = ContentStamp(files);
  for (const SpaceInfo& info : set->reader_->spaces()) {
    if (info.stamp != stamp) {
      set->stale_.push_back(info.space.model_name);
      continue;
    }
    auto arm = std::make_unique<Arm>();
    arm->info = info;
    SG_RETURN_IF_ERROR(arm->Load(*set->reader_));
    set->arms_.push_back(std::move(arm));
  }
  return set;
}

std::vector<const SpaceInfo*> SpaceSet::spaces() const {
  std::vector<const SpaceInfo*> spaces;
  for (const auto& arm : arms_) spaces.push_back(&arm->info);
  return spaces;
}

bool SpaceSet::Attach(const SpaceInfo& space, const Embedder& embedder) {
  for (const auto& arm : arms_) {
    if (arm->info.id != space.id) continue;
    const Space& wanted = arm->info.space;
    const Space& given = embedder.space();
    if (wanted.model_name != given.model_name || wanted.revision != given.revision ||
        wanted.dim != given.dim || wanted.multi_vector != given.multi_vector) {
      return false;
    }
    arm->embedder = &embedder;
    return true;
  }
  return false;
}

Result<SpaceScores> SpaceSet::Score(const Query& query, const SearchScope& scope) const {
  SpaceScores scores;
  scores.route_ = RouteOfQuery(query);
  for (const auto& arm : arms_) {
    if (arm->embedder == nullptr) continue;
    std::vector<uint32_t> allowed;
    for (uint32_t i = 0; i < arm->passages.size(); ++i) {
      const std::span<const ChunkId> chunks = arm->ChunksOf(arm->passages[i]);
      if (std::any_of(chunks.begin(), chunks.end(),
                      [&](ChunkId chunk) { return scope.AllowsChunk(chunk); })) {
        allowed.push_back(i);
      }
    }
    SG_RETURN_IF_ERROR(arm->Ask(query.text));
    SG_ASSIGN_OR_RETURN(const Arm::Scored scored, arm->Search(*reader_, allowed, options_));
    double weight = 0;
    for (const Route route : kAllRoutes) {
      if ((arm->info.routes & RouteBit(route)) == 0) continue;
      weight = std::max(weight, RouteWeight(scores.route_, route));
    }
    for (size_t rank = 0; rank < scored.best.size(); ++rank) {
      const Candidate& c = scored.best[rank];
      const double calibrated = allowed.size() < kFewPassages
                                    ? kBestOfFew / static_cast<double>(1 + rank)
                                    : scored.Calibrate(c.score);
      if (calibrated <= 0) continue;
      const SpaceScore score{
          .space = &arm->info, .raw = c.score, .calibrated = calibrated, .weight = weight};
      for (const ChunkId chunk : arm->ChunksOf(arm->passages[c.passage])) {
        if (!scope.AllowsChunk(chunk)) continue;
        SpaceScore& slot = scores.by_chunk_[chunk];
        if (score.value() > slot.value()) slot = score;
      }
    }
  }
  std::vector<std::pair<double, ChunkId>> order;  // by -value
  for (const auto& [chunk, score] : scores.by_chunk_) order.emplace_back(-score.value(), chunk);
  std::sort(order.begin(), order.end());
  for (const auto& [value, chunk] : order) scores.best_.push_back(chunk);
  return scores;
}

const SpaceScore* SpaceScores::Find(ChunkId chunk) const {
  const auto found = by_chunk_.find(chunk);
  return found == by_chunk_.end() ? nullptr : &found->second;
}

Result<std::vector<TokenAlignment>> SpaceSet::Align(ChunkId chunk) const {
  std::vector<TokenAlignment> alignments;
  for (const auto& arm : arms_) {
    const bool known = chunk < arm->passage_of.size() && arm->passage_of[chunk] != Arm::kNoPassage;
    if (!known || !arm->codec || arm->query.tokens == 0) continue;
    const Arm::Passage& place = arm->passages[arm->passage_of[chunk]];
    SG_ASSIGN_OR_RETURN(
        const SpacePassage passage,
        reader_->ReadPassage(arm->info, &*arm->codec, arm->blocks[place.block], place.index));
    const std::vector<float> rows = arm->codec->Decode(passage.tokens.view());
    const size_t count = passage.tokens.centroids.size();
    if (count == 0) continue;
    std::vector<float> dots(count * arm->query.padded);
    MaxSimDots(arm->query, rows, dots);
    std::vector<uint32_t> line_of;
    for (uint32_t line = 0; line < passage.line_tokens.size(); ++line) {
      const size_t room = count - std::min(count, line_of.size());
      line_of.insert(line_of.end(), std::min<size_t>(passage.line_tokens[line], room), line);
    }
    line_of.resize(count);
    for (size_t q = 0; q < arm->query.tokens; ++q) {
      size_t best = 0;
      for (size_t t = 1; t < count; ++t) {
        if (dots[t * arm->query.padded + q] > dots[best * arm->query.padded + q]) best = t;
      }
      alignments.push_back({.query_begin = arm->query_begin[q],
                            .query_end = arm->query_end[q],
                            .line = line_of[best],
                            .score = dots[best * arm->query.padded + q]});
    }
    return alignments;
  }
  return alignments;
}

}  // namespace sg
