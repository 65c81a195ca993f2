#include "index/search/references.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "core/text/words.h"
#include "index/rank/features.h"
#include "index/rank/weights.h"

namespace sg {
namespace {

// Shorter names (get, map, run) are words of any text.
constexpr size_t kLeastNameBytes = 4;
// A name that more files define tells little about which one is meant.
constexpr size_t kMostDefiners = 2;
// Of a larger file only the head is read: bounds the time of a search.
constexpr size_t kMostBytesRead = size_t{64} << 10;

bool IsReferable(DefinitionKind kind) {
  return kind == DefinitionKind::kClass || kind == DefinitionKind::kFunction ||
         kind == DefinitionKind::kType;
}

class ReferenceFinder {
 public:
  ReferenceFinder(const Snapshot& snapshot, const std::vector<RankedFile>& ranked)
      : snapshot_(snapshot), referenced_(ranked.size(), false) {
    for (size_t i = 0; i < ranked.size(); ++i) {
      for (const Chunk& chunk : ranked[i].record->chunks) {
        for (const Definition& definition : chunk.definitions) {
          if (IsReferable(definition.kind)) AddDefiner(definition, i);
        }
      }
    }
  }

  // Nothing can be referred to: documents define no names.
  bool idle() const { return names_.empty(); }

  // Marks what `text`, that of candidate `referrer`, refers to.
  Status Read(size_t referrer, std::string_view text) {
    std::unordered_set<std::string_view> seen;
    size_t position = 0;
    for (std::string_view id; !(id = NextIdentifier(text, &position)).empty();) {
      if (id.size() < kLeastNameBytes || !seen.insert(id).second) continue;
      const auto known = names_.find(JoinedWords(id));
      if (known == names_.end()) continue;
      for (const size_t candidate : known->second.definers) {
        if (candidate == referrer || referenced_[candidate]) continue;
        SG_ASSIGN_OR_RETURN(const bool rare, IsRare(known->first, &known->second));
        if (!rare) break;
        referenced_[candidate] = true;
      }
    }
    return Status::Ok();
  }

  std::vector<bool> Take() { return std::move(referenced_); }

 private:
  struct Name {
    std::vector<size_t> definers;  // among the candidates, ascending
    std::optional<bool> rare;      // nullopt: not known yet
  };

  void AddDefiner(const Definition& definition, size_t candidate) {
    std::string joined = JoinedWords(LastNamePart(definition.name));
    if (joined.size() < kLeastNameBytes) return;
    std::vector<size_t>& definers = names_[std::move(joined)].definers;
    if (definers.empty() || definers.back() != candidate) definers.push_back(candidate);
  }

  // Whether at most kMostDefiners files of the whole index define it.
  Result<bool> IsRare(const std::string& joined, Name* name) const {
    if (!name->rare && name->definers.size() > kMostDefiners) name->rare = false;
    if (!name->rare) {
      SG_ASSIGN_OR_RETURN(const std::vector<SymbolHit> hits, snapshot_.FindSymbol(joined));
      std::set<FileId> files;
      for (const SymbolHit& hit : hits) {
        if (IsReferable(hit.kind)) files.insert(hit.file);
      }
      name->rare = files.size() <= kMostDefiners;
    }
    return *name->rare;
  }

  const Snapshot& snapshot_;
  std::unordered_map<std::string, Name> names_;  // of what the candidates define
  std::vector<bool> referenced_;
};

}  // namespace

Result<std::vector<bool>> FindReferenced(const Snapshot& snapshot,
                                         const std::vector<RankedFile>& ranked, FileCache* files) {
  ReferenceFinder finder(snapshot, ranked);
  const size_t referrers = finder.idle() ? 0 : std::min(kReferrers, ranked.size());
  for (size_t i = 0; i < referrers; ++i) {
    SG_ASSIGN_OR_RETURN(const std::string_view text, files->Text(ranked[i].record->id));
    SG_RETURN_IF_ERROR(finder.Read(i, text.substr(0, kMostBytesRead)));
  }
  return finder.Take();
}

}  // namespace sg
