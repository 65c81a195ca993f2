// Multi-vector search on an existing index: how long a query takes, and how many of the ten best
// passages by exact MaxSim it finds, with and without centroid pruning.
//
//   space_bench --index FILE --model-path DIR [--queries N] [--candidates N]
//
// The index holds a space of the model (`sg index --model-path DIR`). Queries are comment lines of
// chunks spread over it. Exact MaxSim is taken twice: over all tokens decoded from what is stored,
// and over the floats that the model gives, for the best --candidates passages by the first (0:
// only times are taken).

#include <sys/resource.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "bench/cpu_time.h"
#include "bench/must.h"
#include "core/model/embedder.h"
#include "extract/language.h"
#include "extract/passage.h"
#include "index/query/parser.h"
#include "index/retrieve/space_set.h"
#include "index/store/space_store.h"

namespace {

using sg::bench::CpuSeconds;
using sg::bench::Fail;
using sg::bench::Must;
using Clock = std::chrono::steady_clock;

long PeakMegabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

// Wall and processor time of each of several calls.
class Times {
 public:
  template <typename Work>
  void Add(Work work) {
    const auto begin = Clock::now();
    const double cpu = CpuSeconds();
    work();
    cpu_ms_.push_back((CpuSeconds() - cpu) * 1e3);
    wall_ms_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
  }
  void Print(const char* label) {
    for (std::vector<double>* ms : {&wall_ms_, &cpu_ms_}) std::sort(ms->begin(), ms->end());
    const size_t middle = wall_ms_.size() / 2, high = wall_ms_.size() * 95 / 100;
    std::printf("%-26s wall p50 %7.1f ms  p95 %7.1f ms   CPU p50 %7.1f ms  p95 %7.1f ms\n", label,
                wall_ms_[middle], wall_ms_[high], cpu_ms_[middle], cpu_ms_[high]);
  }

 private:
  std::vector<double> wall_ms_, cpu_ms_;
};

struct Settings {
  std::string index, model;
  size_t queries = 60, candidates = 100;
};

// A passage of the space: where it is stored, and a chunk that has it.
struct Place {
  size_t block = 0, index = 0;
  sg::ChunkId chunk = 0;
};

struct Question {
  std::string text;
  std::vector<std::pair<float, uint64_t>> best;  // score and key by exact MaxSim, best first
  std::set<uint64_t> stored_ten, float_ten;      // by stored tokens and by the model's floats
  sg::MaxSimQuery floats, turned;                // its tokens; turned to the codec's axes
};

struct Corpus {
  std::unique_ptr<sg::Snapshot> snapshot;
  std::unique_ptr<sg::SpaceReader> reader;
  std::unique_ptr<sg::Embedder> embedder;
  const sg::SpaceInfo* space = nullptr;
  std::vector<uint64_t> keys;  // [ChunkId]
};

Corpus OpenCorpus(const Settings& settings) {
  Corpus corpus{.snapshot = Must(sg::Snapshot::Open(settings.index)),
                .reader = Must(sg::SpaceReader::Open(settings.index)),
                .embedder = Must(sg::OpenEmbedder(settings.model, {.threads = 2}))};
  for (const sg::SpaceInfo& info : corpus.reader->spaces()) {
    const bool same = info.space.revision == corpus.embedder->space().revision;
    if (same && info.space.multi_vector) corpus.space = &info;
  }
  if (corpus.space == nullptr) Fail("the index has no multi-vector space of this model");
  corpus.keys = Must(corpus.reader->ChunkKeys(*corpus.space));
  return corpus;
}

// The passage of a chunk, or only its own text.
std::string TextOf(const Corpus& corpus, sg::ChunkId chunk, bool own) {
  const sg::FileRecord file =
      Must(corpus.snapshot->File(Must(corpus.snapshot->FileOfChunk(chunk))));
  const sg::SourceText source =
      sg::MakeSourceText(Must(corpus.snapshot->FileText(file.id)), sg::FindLanguage(file.language));
  const sg::Chunk& found = file.chunks[chunk - file.first_chunk];
  if (!own) return sg::MakePassage(file.entry.path, source, found);
  return source.utf8.substr(found.byte_begin, found.byte_end - found.byte_begin);
}

// The first comment line of `text` that is a sentence, or nothing.
std::string CommentLine(const std::string& text) {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    const size_t at = line.find_first_not_of(" \t");
    if (at == std::string::npos || std::string("/*#-\"").find(line[at]) == std::string::npos)
      continue;
    const size_t word = line.find_first_not_of(" \t/*#-!\"", at);
    if (word == std::string::npos || std::isupper(static_cast<unsigned char>(line[word])) == 0)
      continue;
    line = line.substr(word, 120);
    if (std::count(line.begin(), line.end(), ' ') >= 5) return line;
  }
  return "";
}

std::vector<Question> DrawQuestions(const Corpus& corpus, size_t count) {
  std::vector<Question> questions;
  std::set<std::string> known;
  const size_t wanted_step = std::max<size_t>(1, corpus.keys.size() / (8 * count));
  for (size_t i = 0; i < corpus.keys.size() && questions.size() < count; i += wanted_step) {
    const auto chunk = static_cast<sg::ChunkId>(i * 7919 % corpus.keys.size());
    if (corpus.keys[chunk] == 0) continue;
    const std::string line = CommentLine(TextOf(corpus, chunk, /*own=*/true));
    if (!line.empty() && known.insert(line).second) questions.push_back({.text = line});
  }
  if (questions.empty()) Fail("no comments in this index");
  return questions;
}

float Score(const sg::MaxSimQuery& query, std::span<const float> rows, std::vector<float>* best) {
  best->resize(query.tokens);
  sg::MaxSimFloat(query, rows, *best);
  return std::accumulate(best->begin(), best->end(), 0.0f);
}

void KeepBest(size_t count, std::vector<std::pair<float, uint64_t>>* scores) {
  std::sort(scores->begin(), scores->end(), std::greater<>());
  if (scores->size() > count) scores->resize(count);
}

std::set<uint64_t> TopTen(const std::vector<std::pair<float, uint64_t>>& scores) {
  std::set<uint64_t> ten;
  for (size_t i = 0; i < std::min<size_t>(10, scores.size()); ++i) ten.insert(scores[i].second);
  return ten;
}

// Scores every stored passage for every question.
void ScanStored(const Settings& settings, const Corpus& corpus, std::vector<Question>* questions) {
  const sg::TokenCodec codec = Must(corpus.reader->Codec(*corpus.space));
  for (Question& q : *questions) {
    const std::string_view text = q.text;
    const auto tokens = Must(corpus.embedder->EmbedTokens({&text, 1}, sg::TextRole::kQuery));
    const sg::Matrix& rows = tokens[0].vectors;
    q.floats = sg::PackMaxSimQuery(rows.data, rows.rows, rows.cols);
    q.turned = sg::PackMaxSimQuery(codec.Turn(rows.data), rows.rows, rows.cols);
  }
  const std::set<uint64_t> live(corpus.keys.begin(), corpus.keys.end());
  size_t passages = 0, tokens = 0;
  std::vector<float> best;
  const auto visit = [&](sg::SpaceBlock&& block) -> sg::Status {
    for (size_t i = 0; i < block.keys.size(); ++i) {
      if (!live.contains(block.keys[i])) continue;
      SG_ASSIGN_OR_RETURN(const sg::SpacePassage passage,
                          corpus.reader->ReadPassage(*corpus.space, &codec, block, i));
      const std::vector<float> rows = codec.Decode(passage.tokens.view());
      ++passages;
      tokens += passage.tokens.centroids.size();
      for (Question& q : *questions) {
        q.best.emplace_back(Score(q.turned, rows, &best), block.keys[i]);
        if (q.best.size() > 64 * settings.candidates) KeepBest(settings.candidates, &q.best);
      }
    }
    return sg::Status::Ok();
  };
  const sg::Status scanned = corpus.reader->ScanBlocks(*corpus.space, &codec, visit);
  if (!scanned.ok()) Fail(scanned.message());
  for (Question& q : *questions) {
    KeepBest(settings.candidates, &q.best);
    q.stored_ten = TopTen(q.best);
  }
  std::printf("%zu passages, %zu tokens, %zu bits, %zu centroids\n", passages, tokens,
              corpus.space->bits, codec.centroid_count());
}

// Scores the best of ScanStored again with what the model gives for their texts.
void ScoreFloats(const Corpus& corpus, std::vector<Question>* questions) {
  std::map<uint64_t, sg::ChunkId> chunk_of;
  for (sg::ChunkId chunk = 0; chunk < corpus.keys.size(); ++chunk)
    chunk_of[corpus.keys[chunk]] = chunk;
  std::vector<float> best;
  for (Question& q : *questions) {
    std::vector<std::string> texts;
    for (const auto& [score, key] : q.best)
      texts.push_back(TextOf(corpus, chunk_of.at(key), false));
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    const auto tokens = Must(corpus.embedder->EmbedTokens(views, sg::TextRole::kPassage));
    std::vector<std::pair<float, uint64_t>> scores;
    for (size_t i = 0; i < tokens.size(); ++i) {
      scores.emplace_back(Score(q.floats, tokens[i].vectors.data, &best), q.best[i].second);
    }
    KeepBest(10, &scores);
    q.float_ten = TopTen(scores);
  }
}

double Shared(const std::set<uint64_t>& a, const std::set<uint64_t>& b) {
  size_t both = 0;
  for (const uint64_t key : a) both += b.contains(key) ? 1 : 0;
  return static_cast<double>(both) / static_cast<double>(std::max<size_t>(1, b.size()));
}

std::set<uint64_t> TopTen(const Corpus& corpus, const sg::SpaceScores& scores) {
  std::map<uint64_t, float> raw;
  for (const sg::ChunkId chunk : scores.best_chunks()) {
    const sg::SpaceScore& score = *scores.Find(chunk);
    if (score.space->id == corpus.space->id)
      raw[corpus.keys[chunk]] = static_cast<float>(score.raw);
  }
  std::vector<std::pair<float, uint64_t>> order;
  for (const auto& [key, score] : raw) order.emplace_back(score, key);
  KeepBest(10, &order);
  return TopTen(order);
}

// Asks every question through SpaceSet and prints times and recall.
void Ask(const char* label, const Settings& settings, const Corpus& corpus,
         const sg::SpaceSearchOptions& options, const std::vector<Question>& questions) {
  Times opening, asking;
  std::unique_ptr<sg::SpaceSet> set;
  for (int i = 0; i < 3; ++i) {
    set.reset();
    opening.Add([&] { set = Must(sg::SpaceSet::Open(settings.index, *corpus.snapshot, options)); });
  }
  for (const sg::SpaceInfo* info : set->spaces()) {
    if (info->id == corpus.space->id) set->Attach(*info, *corpus.embedder);
  }
  const sg::SearchScope scope{.chunk_files = Must(corpus.snapshot->ChunkFiles())};
  double stored = 0, floats = 0;
  for (int round = 0; round < 3; ++round) {
    for (const Question& q : questions) {
      const sg::Query query = sg::ParseQuery(q.text);
      sg::SpaceScores scores;
      const auto ask = [&] { scores = Must(set->Score(query, scope)); };
      if (round == 0) {  // warms up
        ask();
        continue;
      }
      asking.Add(ask);
      const std::set<uint64_t> ten = TopTen(corpus, scores);
      stored += Shared(ten, q.stored_ten) / 2;
      floats += Shared(ten, q.float_ten) / 2;
    }
  }
  const auto count = static_cast<double>(questions.size());
  std::printf("%s\n", label);
  opening.Print("  open");
  asking.Print("  query");
  if (settings.candidates == 0) return;
  std::printf("  recall@10 against exact MaxSim: stored tokens %.3f, floats %.3f\n", stored / count,
              floats / count);
}

Settings ParseArguments(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i], value = argv[i + 1];
    if (flag == "--index") {
      settings.index = value;
    } else if (flag == "--model-path") {
      settings.model = value;
    } else if (flag == "--queries") {
      settings.queries = std::max(1ul, std::strtoul(value.c_str(), nullptr, 10));
    } else if (flag == "--candidates") {
      settings.candidates = std::strtoul(value.c_str(), nullptr, 10);
    } else {
      Fail("unknown option " + flag);
    }
  }
  if (settings.index.empty() || settings.model.empty()) Fail("--index and --model-path are needed");
  return settings;
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = ParseArguments(argc, argv);
  const Corpus corpus = OpenCorpus(settings);
  std::vector<Question> questions = DrawQuestions(corpus, settings.queries);
  Times embedding;
  for (const Question& q : questions) {
    const std::string_view text = q.text;
    embedding.Add([&] { Must(corpus.embedder->EmbedTokens({&text, 1}, sg::TextRole::kQuery)); });
  }
  embedding.Print("embedding the query");
  const long before = PeakMegabytes();
  std::printf("peak memory before: %ld MB\n", before);
  const sg::SpaceSearchOptions pruned;
  sg::SpaceSearchOptions whole;
  whole.prune_above = std::numeric_limits<size_t>::max();
  if (settings.candidates > 0) {
    ScanStored(settings, corpus, &questions);
    ScoreFloats(corpus, &questions);
    double codec = 0;
    for (const Question& q : questions) codec += Shared(q.stored_ten, q.float_ten);
    std::printf("%zu questions; exact MaxSim over stored tokens against floats: recall@10 %.3f\n",
                questions.size(), codec / static_cast<double>(questions.size()));
  }
  Ask("with centroid pruning", settings, corpus, pruned, questions);
  Ask("without", settings, corpus, whole, questions);
  std::printf("peak memory: %ld MB\n", PeakMegabytes());
  return 0;
}
