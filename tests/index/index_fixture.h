#pragma once
// A temporary tree of source files and its index, for tests of store and build.

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/model/embedder.h"
#include "index/build/indexer.h"
#include "index/store/store.h"
#include "tests/temp_tree.h"

namespace sg {

// The bundled model; loaded once.
inline const Embedder& BundledEmbedder() {
  static const auto embedder = [] {
    auto opened = OpenEmbedder("models/sg-static-v1", {});
    if (!opened.ok()) {
      ADD_FAILURE() << opened.status().message();
      std::abort();
    }
    return std::move(opened).value();
  }();
  return *embedder;
}

inline IndexOptions OptionsFor(const TempTree& tree) {
  IndexOptions options;
  options.root = tree.path();
  options.db_path = DefaultIndexPath(tree.path());
  options.threads = 2;
  return options;
}

inline IndexSummary MustUpdate(const IndexOptions& options) {
  auto summary = UpdateIndex(options, BundledEmbedder());
  EXPECT_TRUE(summary.ok()) << summary.status().message();
  return summary.ok() ? std::move(summary).value() : IndexSummary{};
}

inline std::unique_ptr<Snapshot> MustOpen(const std::string& db_path) {
  auto snapshot = Snapshot::Open(db_path);
  EXPECT_TRUE(snapshot.ok()) << snapshot.status().message();
  return snapshot.ok() ? std::move(snapshot).value() : nullptr;
}

// All that a search can see of an index, without ids: two indexes of the same tree are equal in it,
// however they came about. `terms` are looked up as keywords.
inline std::map<std::string, std::string> Describe(const Snapshot& snapshot,
                                                   const std::vector<std::string>& terms) {
  std::map<std::string, std::string> facts;
  const auto& counts = snapshot.counts();
  facts["counts"] = std::to_string(counts.files) + " " + std::to_string(counts.chunks) + " " +
                    std::to_string(counts.source_bytes) + " " +
                    std::to_string(counts.mean_row_terms);
  std::map<ChunkId, std::string> chunk_names;
  std::map<FileId, std::string> file_names;
  const auto files = snapshot.Files();
  EXPECT_TRUE(files.ok()) << files.status().message();
  const auto row_terms = snapshot.RowTerms();
  const auto chunk_files = snapshot.ChunkFiles();
  EXPECT_TRUE(row_terms.ok() && chunk_files.ok());
  size_t live_chunks = 0;
  for (FileId file : *chunk_files) live_chunks += file != 0;
  facts["live chunks"] = std::to_string(live_chunks);
  for (const FileRecord& listed : *files) {
    const auto file = snapshot.File(listed.id);
    EXPECT_TRUE(file.ok()) << file.status().message();
    const auto text = snapshot.FileText(listed.id);
    EXPECT_TRUE(text.ok()) << text.status().message();
    std::string line = HashHex(file->content_hash) + " " + HashHex(ContentHash(*text)) + " " +
                       file->language + " ment " + std::to_string(file->mention_count) + " " +
                       file->header_comment;
    for (size_t i = 0; i < file->chunks.size(); ++i) {
      const Chunk& chunk = file->chunks[i];
      const ChunkId id = file->first_chunk + static_cast<ChunkId>(i);
      EXPECT_EQ((*chunk_files)[id], listed.id);
      chunk_names[id] = listed.entry.path + "#" + std::to_string(i);
      line += "\n" + std::to_string(chunk.line_begin) + "-" + std::to_string(chunk.line_end) + " " +
              std::to_string((*row_terms)[id]) + " " + chunk.scope;
      for (const Definition& d : chunk.definitions) line += " " + d.scope + "." + d.name;
    }
    file_names[listed.id] = listed.entry.path;
    facts["file " + listed.entry.path] = line;
  }
  for (const std::string& term : terms) {
    std::vector<TermPosting> list;
    const Status status = snapshot.ReadPostings(term, &list);
    EXPECT_TRUE(status.ok()) << status.message();
    std::map<std::string, float> postings;
    for (const TermPosting& p : list) postings[chunk_names.at(p.chunk)] = p.weighted_tf;
    for (const auto& [chunk, weight] : postings) {
      facts["term " + term] += chunk + "=" + std::to_string(weight) + " ";
    }
  }
  for (const VectorSet set : {VectorSet::kChunk, VectorSet::kFile, VectorSet::kHeader}) {
    const Status status = snapshot.ScanVectors(set, [&](VectorBlock&& block) {
      for (size_t i = 0; i < block.ids.size(); ++i) {
        const size_t dim = block.codes.size() / block.ids.size();
        const std::string codes(reinterpret_cast<const char*>(&block.codes[i * dim]), dim);
        const std::string& name =
            set == VectorSet::kChunk ? chunk_names.at(block.ids[i]) : file_names.at(block.ids[i]);
        facts["vector " + std::to_string(static_cast<int>(set)) + " " + name] =
            HashHex(ContentHash(codes)) + std::to_string(block.scales[i]);
      }
      return Status::Ok();
    });
    EXPECT_TRUE(status.ok()) << status.message();
  }
  return facts;
}

}  // namespace sg
