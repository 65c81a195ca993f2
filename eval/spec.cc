#include "eval/spec.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "core/base/file.h"
#include "core/text/ascii.h"

namespace sg {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kMaxSpecBytes = uint64_t{256} << 20;
constexpr double kSmallestGrade = .001, kLargestGrade = 1000;  // beyond, gains lose their digits

constexpr std::array<std::pair<Split, std::string_view>, 3> kSplits = {{
    {Split::kAll, "all"},
    {Split::kTune, "tune"},
    {Split::kTest, "test"},
}};

// "[json.exception.parse_error.101] parse error at ..." -> "parse error at ...".
std::string WithoutClass(const std::string& message) {
  const size_t end = message.starts_with('[') ? message.find("] ") : std::string::npos;
  return end == std::string::npos ? message : message.substr(end + 2);
}

// One object of the file with the words that name it in messages.
class Reader {
 public:
  Reader(const Json& object, std::string where) : object_(object), where_(std::move(where)) {}

  const std::string& where() const { return where_; }

  Status Fail(std::string_view key, std::string_view problem) const {
    return InvalidArgumentError(where_ + ": \"" + std::string(key) + "\" " + std::string(problem));
  }

  Status CheckKeys(std::initializer_list<std::string_view> known) const {
    if (!object_.is_object()) return InvalidArgumentError(where_ + ": not an object");
    for (const auto& [key, value] : object_.items()) {
      if (std::find(known.begin(), known.end(), key) == known.end()) {
        return Fail(key, "is no known key");
      }
    }
    return Status::Ok();
  }

  const Json* Find(const char* key) const {
    const auto at = object_.find(key);
    return at == object_.end() ? nullptr : &*at;
  }

  Status String(const char* key, std::string* value) const {
    const Json* found = Find(key);
    if (found == nullptr) return Status::Ok();
    if (!found->is_string()) return Fail(key, "must be a string");
    *value = found->get<std::string>();
    if (value->find('\0') != std::string::npos) return Fail(key, "must not hold a zero byte");
    return Status::Ok();
  }

  Status RequiredString(const char* key, std::string* value) const {
    if (Find(key) == nullptr) return Fail(key, "is missing");
    SG_RETURN_IF_ERROR(String(key, value));
    return IsBlank(*value) ? Fail(key, "must not be empty") : Status::Ok();
  }

  Status Bool(const char* key, bool* value) const {
    const Json* found = Find(key);
    if (found == nullptr) return Status::Ok();
    if (!found->is_boolean()) return Fail(key, "must be true or false");
    *value = found->get<bool>();
    return Status::Ok();
  }

  // Null if absent.
  Result<const Json*> Array(const char* key) const {
    const Json* found = Find(key);
    if (found != nullptr && !found->is_array()) return Fail(key, "must be a list");
    return found;
  }

  Status Line(const char* key, uint32_t* line) const {
    const Json* found = Find(key);
    if (found == nullptr) return Status::Ok();
    if (!found->is_number_integer() || found->get<int64_t>() < 1 ||
        found->get<int64_t>() > int64_t{0x7fffffff}) {
      return Fail(key, "must be a line number, 1 or more");
    }
    *line = static_cast<uint32_t>(found->get<int64_t>());
    return Status::Ok();
  }

 private:
  const Json& object_;
  std::string where_;
};

Status ReadLines(const Reader& reader, LineSpan* lines) {
  SG_RETURN_IF_ERROR(reader.Line("start_line", &lines->begin));
  SG_RETURN_IF_ERROR(reader.Line("end_line", &lines->end));
  if ((lines->begin == 0) != (lines->end == 0)) {
    return reader.Fail(lines->begin == 0 ? "start_line" : "end_line", "is missing");
  }
  if (lines->end < lines->begin) return reader.Fail("end_line", "is before \"start_line\"");
  return Status::Ok();
}

// Paths stay within the corpus.
Status ReadPath(const Reader& reader, std::string* path) {
  SG_RETURN_IF_ERROR(reader.RequiredString("path", path));
  const std::filesystem::path parsed(*path);
  const bool climbs = std::find(parsed.begin(), parsed.end(), "..") != parsed.end();
  if (parsed.is_absolute() || climbs) {
    return reader.Fail("path", "must be relative to the corpus: " + *path);
  }
  return Status::Ok();
}

Status ReadTarget(const Json& json, const std::string& where, SpecTarget* target) {
  if (json.is_string()) {
    const Json object = {{"path", json}};
    return ReadPath(Reader(object, where), &target->target.path);
  }
  const Reader reader(json, where);
  SG_RETURN_IF_ERROR(reader.CheckKeys({"path", "start_line", "end_line", "symbol", "grade"}));
  SG_RETURN_IF_ERROR(ReadPath(reader, &target->target.path));
  SG_RETURN_IF_ERROR(ReadLines(reader, &target->target.lines));
  SG_RETURN_IF_ERROR(reader.String("symbol", &target->symbol));
  if (!target->symbol.empty() && !target->target.lines.whole_file()) {
    return reader.Fail("symbol", "and \"start_line\" exclude each other");
  }
  if (const Json* grade = reader.Find("grade"); grade != nullptr) {
    if (grade->is_number()) target->target.grade = grade->get<double>();
    const bool fits =
        target->target.grade >= kSmallestGrade && target->target.grade <= kLargestGrade;
    if (!grade->is_number() || !fits) {
      return reader.Fail("grade", "must be a number from 0.001 to 1000");
    }
  }
  return Status::Ok();
}

// A target that is written twice could be found only once.
Status CheckTwice(const Reader& reader, const SpecQuery& query) {
  std::set<std::tuple<std::string_view, std::string_view, uint32_t, uint32_t>> seen;
  for (const SpecTarget& entry : query.targets) {
    const LineSpan& lines = entry.target.lines;
    if (seen.emplace(entry.target.path, entry.symbol, lines.begin, lines.end).second) continue;
    return reader.Fail("relevant", "names " + entry.target.path + " twice");
  }
  return Status::Ok();
}

Status ReadTargets(const Reader& reader, const char* key, SpecQuery* query) {
  SG_ASSIGN_OR_RETURN(const Json* list, reader.Array(key));
  if (list == nullptr) return Status::Ok();
  for (const Json& json : *list) {
    const std::string where = reader.where() + ": \"" + key + "\"";
    SG_RETURN_IF_ERROR(ReadTarget(json, where, &query->targets.emplace_back()));
  }
  return Status::Ok();
}

Status ReadHidden(const Reader& reader, SpecQuery* query) {
  SG_ASSIGN_OR_RETURN(const Json* list, reader.Array("hide"));
  if (list == nullptr) return Status::Ok();
  for (const Json& json : *list) {
    const Reader entry(json, reader.where() + ": \"hide\"");
    SG_RETURN_IF_ERROR(entry.CheckKeys({"path", "start_line", "end_line"}));
    HiddenLines& hidden = query->hidden.emplace_back();
    SG_RETURN_IF_ERROR(ReadPath(entry, &hidden.path));
    SG_RETURN_IF_ERROR(ReadLines(entry, &hidden.lines));
  }
  return Status::Ok();
}

Status ReadSplit(const Reader& reader, Split* split) {
  std::string word = "all";
  SG_RETURN_IF_ERROR(reader.String("split", &word));
  const std::optional<Split> parsed = ParseSplit(word);
  if (!parsed) return reader.Fail("split", "must be tune, test or all");
  *split = *parsed;
  return Status::Ok();
}

Status ReadQuery(const Json& json, const std::string& where, SpecQuery* query) {
  const Reader reader(json, where + "query " + std::to_string(query->number));
  SG_RETURN_IF_ERROR(
      reader.CheckKeys({"query", "relevant", "secondary", "category", "split", "hide"}));
  SG_RETURN_IF_ERROR(reader.RequiredString("query", &query->text));
  SG_RETURN_IF_ERROR(reader.String("category", &query->category));
  if (reader.Find("relevant") == nullptr) return reader.Fail("relevant", "is missing");
  SG_RETURN_IF_ERROR(ReadTargets(reader, "relevant", query));
  SG_RETURN_IF_ERROR(ReadTargets(reader, "secondary", query));
  SG_RETURN_IF_ERROR(CheckTwice(reader, *query));
  SG_RETURN_IF_ERROR(ReadSplit(reader, &query->split));
  return ReadHidden(reader, query);
}

Status ReadCorpus(const Reader& reader, const std::string& where,
                  const std::filesystem::path& folder, SpecCorpus* corpus) {
  std::string directory;
  SG_RETURN_IF_ERROR(reader.RequiredString("corpus", &directory));
  corpus->directory = (folder / directory).lexically_normal().string();
  SG_RETURN_IF_ERROR(reader.String("language", &corpus->language));
  SG_ASSIGN_OR_RETURN(const Json* queries, reader.Array("queries"));
  if (queries == nullptr) return reader.Fail("queries", "is missing");
  if (queries->empty()) return reader.Fail("queries", "must not be empty");
  for (const Json& json : *queries) {
    SpecQuery query;
    query.number = corpus->queries.size() + 1;
    SG_RETURN_IF_ERROR(ReadQuery(json, where, &query));
    corpus->queries.push_back(std::move(query));
  }
  return Status::Ok();
}

Status ReadCorpora(const Reader& reader, const std::string& path,
                   const std::filesystem::path& folder, Spec* spec) {
  SG_ASSIGN_OR_RETURN(const Json* list, reader.Array("corpora"));
  if (list == nullptr) {
    SpecCorpus& only = spec->corpora.emplace_back();
    only.name = spec->name;
    return ReadCorpus(reader, path + ": ", folder, &only);
  }
  for (const char* key : {"corpus", "queries", "language"}) {
    if (reader.Find(key) != nullptr) return reader.Fail(key, "and \"corpora\" exclude each other");
  }
  if (list->empty()) return reader.Fail("corpora", "must not be empty");
  for (const Json& json : *list) {
    SpecCorpus corpus;
    const Reader entry(json, path + ": corpus " + std::to_string(spec->corpora.size() + 1));
    SG_RETURN_IF_ERROR(
        entry.CheckKeys({"name", "corpus", "language", "queries", "github", "revision", "root"}));
    SG_RETURN_IF_ERROR(entry.RequiredString("name", &corpus.name));
    SG_RETURN_IF_ERROR(ReadCorpus(entry, path + ": corpus " + corpus.name + ": ", folder, &corpus));
    spec->corpora.push_back(std::move(corpus));
  }
  return Status::Ok();
}

Status ReadVersion(const Reader& reader) {
  const Json* version = reader.Find("version");
  if (version == nullptr) return reader.Fail("version", "is missing");
  if (!version->is_number_integer()) return reader.Fail("version", "must be a whole number");
  if (version->get<int64_t>() != kSpecVersion) {
    return UnsupportedError(reader.where() + ": \"version\" is " + version->dump() +
                            "; this program reads version " + std::to_string(kSpecVersion));
  }
  return Status::Ok();
}

Json TargetJson(const SpecTarget& entry) {
  const Target& target = entry.target;
  if (target.lines.whole_file() && entry.symbol.empty() && target.grade == 1) return target.path;
  Json json = {{"path", target.path}};
  if (!target.lines.whole_file()) {
    json["start_line"] = target.lines.begin;
    json["end_line"] = target.lines.end;
  }
  if (!entry.symbol.empty()) json["symbol"] = entry.symbol;
  if (target.grade != 1) json["grade"] = target.grade;
  return json;
}

Json QueryJson(const SpecQuery& query) {
  Json json = {{"query", query.text}};
  json["relevant"] = Json::array();
  for (const SpecTarget& target : query.targets) json["relevant"].push_back(TargetJson(target));
  if (!query.category.empty()) json["category"] = query.category;
  if (query.split != Split::kAll) json["split"] = SplitName(query.split);
  for (const HiddenLines& hidden : query.hidden) {
    Json entry = {{"path", hidden.path}};
    if (!hidden.lines.whole_file()) {
      entry["start_line"] = hidden.lines.begin;
      entry["end_line"] = hidden.lines.end;
    }
    json["hide"].push_back(std::move(entry));
  }
  return json;
}

Json CorpusJson(const SpecCorpus& corpus) {
  Json json = {{"corpus", corpus.directory}};
  if (!corpus.language.empty()) json["language"] = corpus.language;
  json["queries"] = Json::array();
  for (const SpecQuery& query : corpus.queries) json["queries"].push_back(QueryJson(query));
  return json;
}

}  // namespace

std::optional<Split> ParseSplit(std::string_view word) {
  for (const auto& [split, name] : kSplits) {
    if (name == word) return split;
  }
  return std::nullopt;
}

std::string_view SplitName(Split split) { return kSplits[static_cast<size_t>(split)].second; }

bool IsSelected(const SpecQuery& query, Split split) {
  return split == Split::kAll || query.split == Split::kAll || query.split == split;
}

Result<Spec> ParseSpec(std::string_view text, const std::string& path) {
  Json json;
  try {  // for the position of the mistake
    json = Json::parse(text);
  } catch (const Json::exception& error) {
    return InvalidArgumentError(path + ": not JSON: " + WithoutClass(error.what()));
  }
  const Reader reader(json, path);
  SG_RETURN_IF_ERROR(
      reader.CheckKeys({"version", "name", "description", "source", "license", "how_to_get",
                        "path_match", "ignore_files", "corpus", "language", "queries", "corpora"}));
  SG_RETURN_IF_ERROR(ReadVersion(reader));
  Spec spec;
  spec.path = path;
  const std::filesystem::path file(path);
  spec.name = file.stem().string();
  SG_RETURN_IF_ERROR(reader.String("name", &spec.name));
  SG_RETURN_IF_ERROR(reader.String("description", &spec.description));
  SG_RETURN_IF_ERROR(reader.String("source", &spec.source));
  SG_RETURN_IF_ERROR(reader.String("license", &spec.license));
  SG_RETURN_IF_ERROR(reader.String("how_to_get", &spec.how_to_get));
  SG_RETURN_IF_ERROR(reader.Bool("ignore_files", &spec.use_ignore_files));
  std::string rule = "exact";
  SG_RETURN_IF_ERROR(reader.String("path_match", &rule));
  if (rule != "exact" && rule != "suffix") {
    return reader.Fail("path_match", "must be exact or suffix");
  }
  spec.path_rule = rule == "exact" ? PathRule::kExact : PathRule::kSuffix;
  SG_RETURN_IF_ERROR(ReadCorpora(reader, path, file.parent_path(), &spec));
  return spec;
}

Result<Spec> LoadSpec(const std::string& path) {
  SG_ASSIGN_OR_RETURN(const std::string json, ReadFile(path, kMaxSpecBytes));
  return ParseSpec(json, path);
}

std::string RenderSpec(const Spec& spec) {
  Json json = {{"version", kSpecVersion}, {"name", spec.name}};
  if (!spec.description.empty()) json["description"] = spec.description;
  if (!spec.source.empty()) json["source"] = spec.source;
  if (!spec.license.empty()) json["license"] = spec.license;
  if (!spec.how_to_get.empty()) json["how_to_get"] = spec.how_to_get;
  if (spec.path_rule == PathRule::kSuffix) json["path_match"] = "suffix";
  if (!spec.use_ignore_files) json["ignore_files"] = false;
  if (spec.corpora.size() == 1) {
    json.update(CorpusJson(spec.corpora.front()));
  } else {
    for (const SpecCorpus& corpus : spec.corpora) {
      Json entry = {{"name", corpus.name}};
      entry.update(CorpusJson(corpus));
      json["corpora"].push_back(std::move(entry));
    }
  }
  return json.dump(1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sg
