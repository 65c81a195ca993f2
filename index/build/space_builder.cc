#include "index/build/space_builder.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/base/hash.h"
#include "core/kernels/dot.h"
#include "extract/passage.h"
#include "index/query/route.h"
#include "index/store/space_store.h"
#include "index/store/store.h"

namespace sg {
namespace {

constexpr size_t kSamplePassages = 512;  // that centroids are made from
constexpr size_t kBatchPassages = 32;    // embedded at once: what an interrupted run loses
constexpr uint64_t kTokensGuess = 200;   // of a passage, before any was seen
// After so many blocks the index is opened for reading anew: SQLite's log cannot be reused while
// somebody reads an older state, and would grow by all vectors of the run.
constexpr size_t kBlocksPerSnapshot = 16;

// A passage and where its chunk's own text begins in it.
struct Passage {
  uint64_t key = 0;
  std::string text;
  size_t own_begin = 0;
};

uint64_t PassageKey(std::string_view text) { return std::max<uint64_t>(Hash64(text), 1); }

// Tokens that begin on each line of the chunk's own text; line 0 has those before it.
std::vector<uint32_t> TokensByLine(const Passage& passage, std::span<const uint32_t> token_begin) {
  std::vector<uint32_t> counts(1);
  uint32_t line = 0;
  size_t at = passage.own_begin;
  for (uint32_t begin : token_begin) {
    if (begin >= passage.own_begin && line == 0) {
      line = 1;
      counts.push_back(0);
    }
    // Special tokens at the end have no place in the text: they count for where the text is.
    for (; at < std::min<size_t>(begin, passage.text.size()); ++at) {
      if (passage.text[at] != '\n') continue;
      ++line;
      counts.push_back(0);
    }
    ++counts.back();
  }
  return counts;
}

// One space of one run.
class SpaceRun {
 public:
  // `snapshot` may be opened anew: nobody else writes while there is a SpaceWriter.
  SpaceRun(std::unique_ptr<Snapshot>* snapshot, const SpaceTarget& target,
           const SpacesOptions& options, SpaceWriter* writer, SpacesSummary* summary)
      : snapshot_(*snapshot),
        target_(target),
        options_(options),
        writer_(*writer),
        summary_(*summary) {
    info_.space = target.embedder->space();
    info_.routes = target.routes;
    info_.bits = info_.space.multi_vector ? target.bits : 8;
    info_.pooled = info_.space.multi_vector && target.pooled;
  }

  // True if `stored` holds vectors that this target would make.
  bool Matches(const SpaceInfo& stored) const {
    return stored.space.model_name == info_.space.model_name &&
           stored.space.revision == info_.space.revision && stored.space.dim == info_.space.dim &&
           stored.space.multi_vector == info_.space.multi_vector && stored.bits == info_.bits &&
           stored.pooled == info_.pooled;
  }
  // `stored` is null for a new space.
  Status Run(const SpaceInfo* stored, std::span<const FileRecord> files, uint64_t stamp);

 private:
  // Chunks of the space that have no vectors yet.
  struct Missing {
    FileId file = 0;
    uint32_t chunk = 0;  // within the file
    uint64_t key = 0;
  };
  Status FindMissing(std::span<const FileRecord> files);
  Status MakeSpace();
  Result<std::vector<Passage>> ReadPassages(std::span<const Missing> missing);
  Result<std::vector<SpacePassage>> Embed(const std::vector<Passage>& passages) const;
  Status Store(std::vector<SpacePassage>* block);
  // packed[i] = the coded tokens of passage i. The second form uses target_.threads threads.
  void Pack(std::span<const Passage> passages, std::span<const TokenEmbeddings> tokens,
            std::span<SpacePassage> packed) const;
  std::vector<SpacePassage> PackInThreads(std::span<const Passage> passages,
                                          std::span<const TokenEmbeddings> tokens) const;
  bool Cancelled() const { return options_.cancel != nullptr && options_.cancel->load(); }

  std::unique_ptr<Snapshot>& snapshot_;
  const SpaceTarget& target_;
  const SpacesOptions& options_;
  SpaceWriter& writer_;
  SpacesSummary& summary_;
  SpaceInfo info_;
  std::vector<Missing> missing_;
  std::vector<uint64_t> chunk_keys_;
  size_t blocks_ = 0;  // stored by this run
  std::optional<TokenCodec> codec_;
  std::optional<TokenEncoder> encoder_;
  // The file whose passages are read.
  FileId open_file_ = 0;
  FileRecord record_;
  SourceText source_;
};

Status SpaceRun::FindMissing(std::span<const FileRecord> files) {
  std::unordered_set<uint64_t> known;
  if (info_.id != 0) {
    SG_ASSIGN_OR_RETURN(known, writer_.Keys(info_.id));
  }
  SG_ASSIGN_OR_RETURN(const std::span<const FileId> chunk_files, snapshot_->ChunkFiles());
  chunk_keys_.assign(chunk_files.size(), 0);
  for (const FileRecord& listed : files) {
    if (Cancelled()) return CancelledError("indexing was stopped; what was done so far stays");
    SG_ASSIGN_OR_RETURN(const FileRecord file, snapshot_->File(listed.id));
    SG_ASSIGN_OR_RETURN(std::string text, snapshot_->FileText(listed.id));
    const Language* language = FindLanguage(file.language);
    const LanguageFamily family = language == nullptr ? LanguageFamily::kProse : language->family;
    const SourceText source = MakeSourceText(std::move(text), language);
    for (uint32_t i = 0; i < file.chunks.size(); ++i) {
      const Chunk& chunk = file.chunks[i];
      const size_t id = size_t{file.first_chunk} + i;
      if (id >= chunk_keys_.size() || chunk.byte_end > source.utf8.size()) continue;
      const std::string_view own =
          std::string_view(source.utf8).substr(chunk.byte_begin, chunk.byte_end - chunk.byte_begin);
      if ((RouteBit(RouteOfChunk(family, own)) & info_.routes) == 0) continue;
      const uint64_t key = PassageKey(MakePassage(file.entry.path, source, chunk));
      chunk_keys_[id] = key;
      if (known.insert(key).second) missing_.push_back({file.id, i, key});
    }
  }
  return Status::Ok();
}

Result<std::vector<Passage>> SpaceRun::ReadPassages(std::span<const Missing> missing) {
  std::vector<Passage> passages;
  for (const Missing& m : missing) {
    if (m.file != open_file_) {
      SG_ASSIGN_OR_RETURN(record_, snapshot_->File(m.file));
      SG_ASSIGN_OR_RETURN(std::string text, snapshot_->FileText(m.file));
      source_ = MakeSourceText(std::move(text), FindLanguage(record_.language));
      open_file_ = m.file;
    }
    const Chunk& chunk = record_.chunks[m.chunk];
    Passage passage{.key = m.key, .text = MakePassage(record_.entry.path, source_, chunk)};
    passage.own_begin = passage.text.size() - (chunk.byte_end - chunk.byte_begin);
    passages.push_back(std::move(passage));
  }
  return passages;
}

// Embeds some of what is missing, to make the centroids of a new multi-vector space.
Status SpaceRun::MakeSpace() {
  std::string blob;
  if (info_.space.multi_vector) {
    std::vector<Missing> sample;
    const size_t step = std::max<size_t>(1, missing_.size() / kSamplePassages);
    for (size_t i = 0; i < missing_.size(); i += step) sample.push_back(missing_[i]);
    std::vector<float> rows;
    for (size_t begin = 0; begin < sample.size(); begin += kBatchPassages) {
      if (Cancelled()) return CancelledError("indexing was stopped; what was done so far stays");
      const size_t some = std::min(kBatchPassages, sample.size() - begin);
      SG_ASSIGN_OR_RETURN(const std::vector<Passage> passages,
                          ReadPassages(std::span(sample).subspan(begin, some)));
      std::vector<std::string_view> texts;
      for (const Passage& p : passages) texts.push_back(p.text);
      SG_ASSIGN_OR_RETURN(const std::vector<TokenEmbeddings> tokens,
                          target_.embedder->EmbedTokens(texts, TextRole::kPassage));
      for (const TokenEmbeddings& t : tokens) {
        rows.insert(rows.end(), t.vectors.data.begin(), t.vectors.data.end());
      }
    }
    const uint64_t tokens = rows.size() / info_.space.dim;
    if (tokens == 0) return CorruptError(info_.space.model_name + " gives no tokens for any chunk");
    const uint64_t expected = tokens * missing_.size() / sample.size();
    codec_ = TokenCodec::Train(rows, info_.space.dim, std::max(expected, kTokensGuess), info_.bits);
    blob = codec_->Serialize();
  }
  SG_ASSIGN_OR_RETURN(info_.id, writer_.Create(info_, blob));
  return Status::Ok();
}

void SpaceRun::Pack(std::span<const Passage> passages, std::span<const TokenEmbeddings> tokens,
                    std::span<SpacePassage> packed) const {
  const size_t dim = info_.space.dim;
  std::vector<float> rows;  // of all passages: they are coded faster together
  std::vector<size_t> ends;
  for (size_t i = 0; i < passages.size(); ++i) {
    packed[i].key = passages[i].key;
    if (!info_.pooled) {
      packed[i].line_tokens = TokensByLine(passages[i], tokens[i].byte_begin);
      rows.insert(rows.end(), tokens[i].vectors.data.begin(), tokens[i].vectors.data.end());
    } else {
      const PooledTokens pooled = PoolTokens(tokens[i].vectors.data, dim);
      std::vector<uint32_t> begins;
      for (const uint32_t token : pooled.first_token) begins.push_back(tokens[i].byte_begin[token]);
      packed[i].line_tokens = TokensByLine(passages[i], begins);
      rows.insert(rows.end(), pooled.rows.begin(), pooled.rows.end());
    }
    ends.push_back(rows.size() / dim);
  }
  const EncodedTokens all = encoder_->Encode(rows);
  const size_t bytes = codec_->code().token_bytes();
  size_t begin = 0;
  for (size_t i = 0; i < packed.size(); ++i) {
    packed[i].tokens = all.Slice(begin, ends[i] - begin, bytes);
    begin = ends[i];
  }
}

std::vector<SpacePassage> SpaceRun::PackInThreads(std::span<const Passage> passages,
                                                  std::span<const TokenEmbeddings> tokens) const {
  std::vector<SpacePassage> packed(passages.size());
  const size_t shares = std::clamp<size_t>(target_.threads, 1, std::max<size_t>(1, packed.size()));
  const auto work = [&](size_t share) {
    const size_t begin = share * packed.size() / shares;
    const size_t some = (share + 1) * packed.size() / shares - begin;
    Pack(passages.subspan(begin, some), tokens.subspan(begin, some),
         std::span(packed).subspan(begin, some));
  };
  std::vector<std::thread> helpers;
  for (size_t share = 1; share < shares; ++share) helpers.emplace_back(work, share);
  work(0);
  for (std::thread& helper : helpers) helper.join();
  return packed;
}

Result<std::vector<SpacePassage>> SpaceRun::Embed(const std::vector<Passage>& passages) const {
  std::vector<std::string_view> texts;
  for (const Passage& p : passages) texts.push_back(p.text);
  if (info_.space.multi_vector) {
    SG_ASSIGN_OR_RETURN(const std::vector<TokenEmbeddings> tokens,
                        target_.embedder->EmbedTokens(texts, TextRole::kPassage));
    return PackInThreads(passages, tokens);
  }
  std::vector<SpacePassage> packed;
  SG_ASSIGN_OR_RETURN(const Matrix rows, target_.embedder->Embed(texts, TextRole::kPassage));
  for (size_t i = 0; i < passages.size(); ++i) {
    SpacePassage& p = packed.emplace_back(SpacePassage{.key = passages[i].key});
    p.row.resize(rows.cols);
    p.scale = QuantizeRow(rows.row(i), p.row);
  }
  return packed;
}

Status SpaceRun::Store(std::vector<SpacePassage>* block) {
  // Closed while writing: only then SQLite brings the whole log home.
  const bool renew = ++blocks_ % kBlocksPerSnapshot == 0;
  if (renew) snapshot_.reset();
  SG_RETURN_IF_ERROR(writer_.Append(info_, *block));
  block->clear();
  if (!renew) return Status::Ok();
  SG_ASSIGN_OR_RETURN(snapshot_, Snapshot::Open(options_.db_path));
  return Status::Ok();
}

Status SpaceRun::Run(const SpaceInfo* stored, std::span<const FileRecord> files, uint64_t stamp) {
  if (stored != nullptr) {
    info_.id = stored->id;
    if (stored->stamp == stamp && stored->routes == info_.routes) return Status::Ok();
  }
  SG_RETURN_IF_ERROR(FindMissing(files));
  if (info_.id == 0 && missing_.empty()) return Status::Ok();  // no content for it yet
  if (info_.id == 0) {
    SG_RETURN_IF_ERROR(MakeSpace());
  } else if (info_.space.multi_vector) {
    SG_ASSIGN_OR_RETURN(const std::string blob, writer_.CodecBlob(info_.id));
    SG_ASSIGN_OR_RETURN(codec_, TokenCodec::Parse(blob));
  }
  if (codec_) encoder_.emplace(*codec_);
  std::vector<SpacePassage> block;
  for (size_t begin = 0; begin < missing_.size(); begin += kBatchPassages) {
    const size_t some = std::min(kBatchPassages, missing_.size() - begin);
    SG_ASSIGN_OR_RETURN(const std::vector<Passage> passages,
                        ReadPassages(std::span(missing_).subspan(begin, some)));
    SG_ASSIGN_OR_RETURN(std::vector<SpacePassage> packed, Embed(passages));
    std::move(packed.begin(), packed.end(), std::back_inserter(block));
    summary_.passages_embedded += some;
    if (options_.on_progress) options_.on_progress(begin + some, missing_.size());
    const bool last = begin + some == missing_.size();
    if (last || Cancelled() || block.size() + kBatchPassages > SpaceWriter::kPassagesPerBlock) {
      SG_RETURN_IF_ERROR(Store(&block));
    }
    if (Cancelled()) return CancelledError("indexing was stopped; what was done so far stays");
  }
  info_.stamp = stamp;
  summary_.chunks += static_cast<uint64_t>(
      std::count_if(chunk_keys_.begin(), chunk_keys_.end(), [](uint64_t key) { return key != 0; }));
  return writer_.Finish(info_, chunk_keys_);
}

}  // namespace

Result<SpacesSummary> UpdateSpaces(const SpacesOptions& options) {
  SpacesSummary summary;
  SG_ASSIGN_OR_RETURN(auto reader, SpaceReader::Open(options.db_path));
  if (options.targets.empty() && reader->spaces().empty()) return summary;
  reader.reset();  // see kBlocksPerSnapshot
  SG_ASSIGN_OR_RETURN(const auto writer, SpaceWriter::Open(options.db_path));
  SG_ASSIGN_OR_RETURN(std::unique_ptr<Snapshot> snapshot, Snapshot::Open(options.db_path));
  SG_ASSIGN_OR_RETURN(const std::vector<FileRecord> files, snapshot->Files());
  const uint64_t stamp = ContentStamp(files);
  SG_ASSIGN_OR_RETURN(std::vector<SpaceInfo> stored, writer->Spaces());
  std::vector<int64_t> kept;
  for (const SpaceTarget& target : options.targets) {
    SpaceRun run(&snapshot, target, options, writer.get(), &summary);
    const auto match = std::find_if(stored.begin(), stored.end(), [&](const SpaceInfo& s) {
      return !options.rebuild && run.Matches(s);
    });
    if (match != stored.end()) kept.push_back(match->id);
    SG_RETURN_IF_ERROR(run.Run(match == stored.end() ? nullptr : &*match, files, stamp));
    ++summary.spaces;
  }
  for (const SpaceInfo& space : stored) {
    if (std::find(kept.begin(), kept.end(), space.id) != kept.end()) continue;
    SG_RETURN_IF_ERROR(writer->Remove(space.id));
  }
  return summary;
}

}  // namespace sg
