#include "index/search/filter.h"

#include <algorithm>
#include <map>

#include "extract/ignore_rules.h"
#include "extract/language.h"
#include "index/retrieve/keyword.h"

namespace sg {
namespace {

bool HasFileFilters(const SearchOptions& options) {
  return !options.paths.empty() || !options.include_globs.empty() ||
         !options.exclude_globs.empty() || !options.languages.empty();
}

// "./src//x/" -> "src/x"; "." -> "".
std::string CleanPrefix(std::string_view path) {
  std::string out;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (!part.empty() && part != ".") {
      if (!out.empty()) out += '/';
      out.append(part);
    }
    begin = end + 1;
  }
  return out;
}

bool IsBelow(std::string_view path, std::string_view prefix) {
  if (prefix.empty() || path == prefix) return true;
  return path.size() > prefix.size() && path[prefix.size()] == '/' && path.starts_with(prefix);
}

// gitignore semantics: a pattern that matches a folder holds for all below it.
bool GlobsMatch(const IgnoreList& globs, std::string_view path) {
  for (size_t slash = path.find('/'); slash != std::string_view::npos;
       slash = path.find('/', slash + 1)) {
    const IgnoreDecision decision = globs.Match(path.substr(0, slash), /*is_directory=*/true);
    if (decision == IgnoreDecision::kIgnore) return true;
  }
  return globs.Match(path, /*is_directory=*/false) == IgnoreDecision::kIgnore;
}

Result<std::vector<std::string_view>> LanguageNames(const std::vector<std::string>& words) {
  std::vector<std::string_view> names;
  for (const std::string& word : words) {
    const Language* language = FindLanguage(word);
    if (language == nullptr) {
      return InvalidArgumentError("unknown file type '" + word +
                                  "'; `sg help types` lists the known ones");
    }
    names.push_back(language->name);
  }
  return names;
}

// Which files pass the filters on paths, globs and languages, [FileId].
Result<std::vector<uint8_t>> FilterFiles(const Snapshot& snapshot, const SearchOptions& options,
                                         FileId file_limit) {
  std::vector<uint8_t> allowed(file_limit, 0);
  SG_ASSIGN_OR_RETURN(const std::vector<std::string_view> languages,
                      LanguageNames(options.languages));
  std::vector<std::string> prefixes;
  for (const std::string& path : options.paths) prefixes.push_back(CleanPrefix(path));
  std::vector<bool> prefix_used(prefixes.size(), false);
  const IgnoreList include(options.include_globs), exclude(options.exclude_globs);
  SG_ASSIGN_OR_RETURN(const std::vector<FileRecord> files, snapshot.Files());
  for (const FileRecord& file : files) {
    bool below = prefixes.empty();
    for (size_t i = 0; i < prefixes.size(); ++i) {
      if (!IsBelow(file.entry.path, prefixes[i])) continue;
      below = true;
      prefix_used[i] = true;
    }
    if (!below || file.id >= file_limit) continue;
    if (!include.empty() && !GlobsMatch(include, file.entry.path)) continue;
    if (!exclude.empty() && GlobsMatch(exclude, file.entry.path)) continue;
    if (!languages.empty() &&
        std::find(languages.begin(), languages.end(), file.language) == languages.end()) {
      continue;
    }
    allowed[file.id] = 1;
  }
  for (size_t i = 0; i < prefixes.size(); ++i) {
    if (!prefix_used[i]) {
      return InvalidArgumentError("nothing is indexed below '" + options.paths[i] + "'");
    }
  }
  return allowed;
}

// The index's literals know bytes and ASCII case: of an atom with other letters, whose case may
// fold, only the ASCII parts are asked for.
std::vector<std::string> AsciiParts(const std::string& atom) {
  std::vector<std::string> parts(1);
  for (char c : atom) {
    if (static_cast<unsigned char>(c) < 0x80) {
      parts.back() += c;
    } else if (!parts.back().empty()) {
      parts.emplace_back();
    }
  }
  std::erase_if(parts, [](const std::string& part) { return part.size() < 3; });
  return parts;
}

// Clears in `allowed` the files in which `pattern` cannot match, by the index's literals.
Status NarrowByLiterals(const Snapshot& snapshot, const TextPattern& pattern,
                        std::vector<uint8_t>* allowed) {
  std::vector<int> everywhere;                 // atoms that narrow nothing
  std::map<FileId, std::vector<int>> present;  // the others, by file
  for (size_t i = 0; i < pattern.atoms().size(); ++i) {
    const std::vector<std::string> parts = AsciiParts(pattern.atoms()[i]);
    std::optional<std::vector<FileId>> files;
    if (!parts.empty()) {
      SG_ASSIGN_OR_RETURN(files, snapshot.FilesWithLiterals({&parts, 1}));
    }
    if (!files.has_value()) {
      everywhere.push_back(static_cast<int>(i));
      continue;
    }
    for (FileId file : *files) present[file].push_back(static_cast<int>(i));
  }
  if (pattern.MayMatch(everywhere)) return Status::Ok();
  std::vector<uint8_t> narrowed(allowed->size(), 0);
  for (auto& [file, atoms] : present) {
    if (file >= allowed->size() || !(*allowed)[file]) continue;
    atoms.insert(atoms.end(), everywhere.begin(), everywhere.end());
    narrowed[file] = pattern.MayMatch(atoms);
  }
  *allowed = std::move(narrowed);
  return Status::Ok();
}

// Marks the chunks of one file that match every pattern. Returns whether there are any.
Result<bool> MatchChunks(const Snapshot& snapshot, FileId file,
                         const std::vector<TextPattern>& patterns,
                         std::vector<uint8_t>* allowed_chunks) {
  SG_ASSIGN_OR_RETURN(const std::string text, snapshot.FileText(file));
  const std::string_view view = text;
  const auto matches = [](std::string_view part, const TextPattern& p) { return p.Matches(part); };
  for (const TextPattern& pattern : patterns) {
    if (!matches(view, pattern)) return false;
  }
  SG_ASSIGN_OR_RETURN(const FileRecord record, snapshot.File(file));
  bool any = false;
  for (size_t i = 0; i < record.chunks.size(); ++i) {
    const Chunk& chunk = record.chunks[i];
    const ChunkId id = record.first_chunk + static_cast<ChunkId>(i);
    if (chunk.byte_begin > chunk.byte_end || chunk.byte_end > view.size() ||
        id >= allowed_chunks->size()) {
      return CorruptError("the index lists chunks outside of the file " + record.entry.path);
    }
    const std::string_view part = view.substr(chunk.byte_begin, chunk.byte_end - chunk.byte_begin);
    (*allowed_chunks)[id] = std::all_of(patterns.begin(), patterns.end(),
                                        [&](const auto& p) { return matches(part, p); });
    any |= (*allowed_chunks)[id] != 0;
  }
  return any;
}

// The allowed files, those first whose chunks score best by `terms`; ties go by id.
Result<std::vector<FileId>> ByKeywords(const Snapshot& snapshot, std::span<const std::string> terms,
                                       const SearchScope& scope) {
  const SearchScope everything{.chunk_files = scope.chunk_files, .file_limit = scope.file_limit};
  SG_ASSIGN_OR_RETURN(const KeywordPostings postings,
                      ReadKeywords(snapshot, terms, everything, KeywordOptions()));
  SG_ASSIGN_OR_RETURN(const std::span<const uint16_t> row_terms, snapshot.RowTerms());
  const std::vector<float> scores = BestOfFiles(
      ScoreKeywords(postings, everything, row_terms, snapshot.counts().mean_row_terms), everything);
  std::vector<FileId> files;
  for (FileId file = 1; file < scope.file_limit; ++file) {
    if (scope.allowed_files[file]) files.push_back(file);
  }
  std::stable_sort(files.begin(), files.end(),
                   [&](FileId a, FileId b) { return scores[a] > scores[b]; });
  return files;
}

// Reads the texts of the allowed files and marks the chunks that match every pattern. Of very many
// files only as many as results can need: those that the words of the query speak for come first.
Status MatchFiles(const Snapshot& snapshot, const SearchOptions& options,
                  std::span<const std::string> terms, const std::vector<TextPattern>& patterns,
                  SearchScope* scope) {
  const auto possible =
      static_cast<size_t>(std::count(scope->allowed_files.begin(), scope->allowed_files.end(), 1));
  size_t wanted = possible;
  std::vector<FileId> files;
  if (possible > options.pattern_files) {
    wanted = std::max(options.pattern_files / 10, 2 * options.max_results);
    SG_ASSIGN_OR_RETURN(files, ByKeywords(snapshot, terms, *scope));
  } else {
    for (FileId file = 1; file < scope->file_limit; ++file) {
      if (scope->allowed_files[file]) files.push_back(file);
    }
  }
  size_t matched = 0;
  for (FileId file : files) {
    if (matched >= wanted) break;
    SG_ASSIGN_OR_RETURN(const bool matches,
                        MatchChunks(snapshot, file, patterns, &scope->allowed_chunks));
    matched += matches;
  }
  return Status::Ok();
}

void CountAllowed(SearchScope* scope) {
  std::vector<uint8_t> seen(scope->file_limit, 0);
  scope->chunk_count = scope->file_count = 0;
  for (ChunkId id = 0; id < scope->chunk_files.size(); ++id) {
    if (!scope->AllowsChunk(id)) continue;
    ++scope->chunk_count;
    scope->file_count += !seen[scope->chunk_files[id]];
    seen[scope->chunk_files[id]] = 1;
  }
  // A file none of whose chunks is allowed is not a candidate either.
  if (!scope->allowed_chunks.empty()) scope->allowed_files = std::move(seen);
}

}  // namespace

Result<std::vector<TextPattern>> CompilePatterns(const SearchOptions& options, const Query& query) {
  std::vector<TextPattern> patterns;
  if (options.regex.has_value()) {
    SG_ASSIGN_OR_RETURN(TextPattern pattern,
                        TextPattern::Compile(*options.regex, {.literal = options.regex_is_literal,
                                                              .whole_words = options.whole_words,
                                                              .ignore_case = options.ignore_case}));
    patterns.push_back(std::move(pattern));
  }
  for (const std::string& phrase : query.phrases) {
    SG_ASSIGN_OR_RETURN(TextPattern pattern, TextPattern::CompilePhrase(phrase));
    patterns.push_back(std::move(pattern));
  }
  return patterns;
}

Result<SearchScope> BuildScope(const Snapshot& snapshot, const SearchOptions& options,
                               std::span<const std::string> terms,
                               const std::vector<TextPattern>& patterns) {
  SearchScope scope;
  SG_ASSIGN_OR_RETURN(scope.chunk_files, snapshot.ChunkFiles());
  SG_ASSIGN_OR_RETURN(scope.file_limit, snapshot.FileLimit());
  if (patterns.empty() && !HasFileFilters(options)) {
    scope.chunk_count = snapshot.counts().chunks;
    scope.file_count = snapshot.counts().files;
    return scope;
  }
  if (HasFileFilters(options)) {
    SG_ASSIGN_OR_RETURN(scope.allowed_files, FilterFiles(snapshot, options, scope.file_limit));
  } else {
    scope.allowed_files.assign(scope.file_limit, 0);
    for (FileId file : scope.chunk_files) scope.allowed_files[file] = file != 0;
  }
  scope.allowed_chunks.assign(scope.chunk_files.size(), 0);
  if (patterns.empty()) {
    for (ChunkId id = 0; id < scope.chunk_files.size(); ++id) {
      scope.allowed_chunks[id] = scope.allowed_files[scope.chunk_files[id]];
    }
  } else {
    scope.text_matched = true;
    for (const TextPattern& pattern : patterns) {
      SG_RETURN_IF_ERROR(NarrowByLiterals(snapshot, pattern, &scope.allowed_files));
    }
    SG_RETURN_IF_ERROR(MatchFiles(snapshot, options, terms, patterns, &scope));
  }
  CountAllowed(&scope);
  return scope;
}

}  // namespace sg
