#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>

#include "apps/sg/commands/commands.h"
#include "apps/sg/locate.h"
#include "apps/sg/nearest.h"
#include "apps/sg/paths.h"
#include "apps/sg/render/budget.h"
#include "apps/sg/render/json.h"
#include "apps/sg/render/lines.h"
#include "apps/sg/render/text.h"
#include "apps/sg/report.h"
#include "apps/sg/search_session.h"
#include "apps/sg/sizes.h"
#include "apps/sg/terminal.h"
#include "apps/sg/tuned_weights.h"
#include "apps/sg/update.h"
#include "core/text/ascii.h"
#include "extract/language.h"

namespace sg {
namespace {

constexpr uint64_t kDefaultTopK = 10;
constexpr uint64_t kMostTopK = 10000;

struct SearchFlags {
  std::optional<std::string> query;
  std::vector<std::string> paths;
  Settings settings;
  // Filters.
  std::optional<std::string> regex;
  bool fixed = false, whole_words = false, ignore_case = false;
  std::vector<std::string> types, globs, include, exclude;
  std::optional<std::string> like;
  // Ranking.
  std::optional<double> min_score;
  std::string ranking = "default";
  uint64_t more = 2;
  // Output.
  std::optional<uint64_t> before, after;
  bool content = false, files = false, null = false, vimgrep = false;
  bool json = false, jsonl = false;
  bool explain = false, scores = false, quiet = false, no_update = false;
};

// The meaning of the flags: what to search, where, and who reads the output.
struct Plan {
  SearchRequest request;
  std::string current_dir;
};

// QUERY and PATHs: --like stands for the query, -e may.
struct Words {
  std::string query;
  std::vector<std::string> paths;
};

Result<Words> SplitWords(const SearchFlags& flags) {
  Words words{.paths = flags.paths};
  if (!flags.like) {
    words.query = flags.query.value_or("");
  } else if (flags.query) {
    words.paths.insert(words.paths.begin(), *flags.query);
  }
  if (words.query.empty() && flags.regex) words.query = *flags.regex;
  if (IsBlank(words.query) && !flags.like && !flags.regex) {
    return InvalidArgumentError("no query given; try: sg \"how are sessions refreshed\"");
  }
  return words;
}

// "FILE:LINE" as file and line.
Result<std::pair<std::string, uint32_t>> ParsePlace(const std::string& place) {
  const size_t colon = place.rfind(':');
  uint32_t line = 0;
  if (colon != std::string::npos && colon > 0) {
    const char* end = place.data() + place.size();
    const auto [at, error] = std::from_chars(place.data() + colon + 1, end, line);
    if (error != std::errc() || at != end) line = 0;
  }
  if (line == 0) {
    return InvalidArgumentError("--like wants FILE:LINE, for example src/main.c:42, not '" + place +
                                "'");
  }
  return std::pair(place.substr(0, colon), line);
}

// Advice for a PATH that does not exist: most often the query was not quoted.
Status NoSuchPath(const SearchFlags& flags, const Status& status) {
  std::string all = flags.query.value_or("");
  for (const std::string& path : flags.paths) all += (all.empty() ? "" : " ") + path;
  return NotFoundError(status.message() + "; quote a query of several words: sg \"" + all + "\"");
}

// The folder from which the index is looked for.
Result<std::string> StartDir(const std::string& path) {
  SG_ASSIGN_OR_RETURN(const std::string absolute, AbsolutePath(path));
  if (IsDirectory(absolute)) return absolute;
  const size_t slash = absolute.rfind('/');
  return slash == 0 ? "/" : absolute.substr(0, slash);
}

Result<std::string> WithinRoot(const std::string& path, const std::string& root) {
  SG_ASSIGN_OR_RETURN(const std::string absolute, AbsolutePath(path));
  SG_ASSIGN_OR_RETURN(const std::string real_root, AbsolutePath(root));
  std::optional<std::string> within = PathWithin(absolute, real_root);
  if (within) return *std::move(within);
  return InvalidArgumentError(path + " lies outside of the indexed folder " + root);
}

Result<std::vector<std::string>> LanguagesOf(const std::vector<std::string>& types) {
  std::vector<std::string> names;
  for (const std::string& type : types) {
    if (const Language* language = FindLanguage(type)) {
      names.emplace_back(language->name);
      continue;
    }
    std::vector<std::string_view> known;
    for (const Language& language : AllLanguages()) {
      known.push_back(language.name);
      known.insert(known.end(), language.aliases.begin(), language.aliases.end());
    }
    const auto nearest = NearestWord(type, known);
    return InvalidArgumentError(
        "unknown file type '" + type + "'" +
        (nearest ? "; did you mean " + std::string(*nearest) + "?" : "; see: sg help types"));
  }
  return names;
}

void PutGlobs(const SearchFlags& flags, SearchOptions& options) {
  options.include_globs = flags.include;
  options.exclude_globs = flags.exclude;
  for (const std::string& glob : flags.globs) {
    if (glob.rfind('!', 0) == 0) {
      options.exclude_globs.push_back(glob.substr(1));
    } else {
      options.include_globs.push_back(glob);
    }
  }
}

SearchMode ModeOf(const std::string& word) {
  if (word == "semantic") return SearchMode::kSemantic;
  return word == "keyword" ? SearchMode::kKeyword : SearchMode::kHybrid;
}

// -F and -w without -e: the query itself must be there.
void PutPattern(const SearchFlags& flags, const std::string& query, SearchOptions& options) {
  const bool query_is_pattern = !flags.regex && (flags.fixed || flags.whole_words);
  options.regex = query_is_pattern ? std::optional(query) : flags.regex;
  options.regex_is_literal = flags.fixed || query_is_pattern;
  options.whole_words = flags.whole_words;
  options.ignore_case = flags.ignore_case;
}

Result<SearchOptions> OptionsFrom(const SearchFlags& flags, const Words& words,
                                  const Settings& settings, const std::string& root) {
  SearchOptions options;
  options.mode = ModeOf(settings.mode.value_or("hybrid"));
  options.max_results = settings.top_k.value_or(kDefaultTopK);
  if (options.max_results == 0 || options.max_results > kMostTopK) {
    return InvalidArgumentError("the number of results must be 1 to " + FormatCount(kMostTopK));
  }
  options.max_chunks_per_file = 1 + std::min<uint64_t>(flags.more, 100);
  options.min_score = flags.min_score;
  options.explain = flags.explain;
  options.ranking = flags.ranking;
  SG_ASSIGN_OR_RETURN(options.languages, LanguagesOf(flags.types));
  PutGlobs(flags, options);
  PutPattern(flags, words.query, options);
  if (flags.like) {
    SG_ASSIGN_OR_RETURN(auto place, ParsePlace(*flags.like));
    SG_ASSIGN_OR_RETURN(place.first, WithinRoot(place.first, root));
    options.like = std::move(place);
  }
  for (const std::string& path : words.paths) {
    SG_ASSIGN_OR_RETURN(std::string within, WithinRoot(path, root));
    if (within.empty()) {
      options.paths.clear();
      return options;  // the whole tree
    }
    options.paths.push_back(std::move(within));
  }
  return options;
}

// The root of the tree that an index file of its own is about.
std::string RootOf(const IndexLocation& location) {
  if (!location.own_file || !location.exists) return location.root;
  const Result<std::unique_ptr<Snapshot>> snapshot = Snapshot::Open(location.db_path);
  return snapshot.ok() ? (*snapshot)->root() : location.root;
}

// A file somewhere (/etc/passwd) is no request to index the folder that it happens to be in; a
// folder, or a file of a git work tree, is.
Status CheckFirstUse(const Words& words, const IndexLocation& location) {
  if (location.exists || words.paths.empty() || IsDirectory(words.paths.front())) {
    return Status::Ok();
  }
  struct stat info;
  if (::lstat((location.root + "/.git").c_str(), &info) == 0) return Status::Ok();
  return NotFoundError("no index for " + words.paths.front() + "; make one: sg index " +
                       location.root);
}

Result<Plan> MakePlan(const SearchFlags& flags) {
  Plan plan;
  SG_ASSIGN_OR_RETURN(const Words words, SplitWords(flags));
  SG_ASSIGN_OR_RETURN(const Settings outside, SettingsOutsideProjects(flags.settings));
  SG_ASSIGN_OR_RETURN(plan.current_dir, AbsolutePath("."));
  std::string start = plan.current_dir;
  for (const std::string& path : words.paths) {
    const Result<std::string> dir = StartDir(path);
    if (!dir.ok()) return NoSuchPath(flags, dir.status());
    if (&path == &words.paths.front()) start = *dir;
  }
  if (words.paths.empty() && flags.like) {
    SG_ASSIGN_OR_RETURN(const auto place, ParsePlace(*flags.like));
    SG_ASSIGN_OR_RETURN(start, StartDir(place.first));
  }
  SearchRequest& request = plan.request;
  SG_ASSIGN_OR_RETURN(request.location, LocateIndex(start, outside.index));
  request.location.root = RootOf(request.location);
  SG_RETURN_IF_ERROR(CheckFirstUse(words, request.location));
  SG_ASSIGN_OR_RETURN(request.settings, EffectiveSettings(request.location.root, flags.settings));
  SG_ASSIGN_OR_RETURN(request.options,
                      OptionsFrom(flags, words, request.settings, request.location.root));
  RankingChoice ranking = ChooseRanking(request.settings);
  if (!ranking.warning.empty() && !flags.quiet) Say(ranking.warning);
  request.options.weights = std::move(ranking.weights);
  request.query = words.query;
  request.model = flags.settings.model;
  request.update = request.settings.auto_update.value_or(true);
  request.quiet = flags.quiet;
  return plan;
}

TextOptions TextOptionsFrom(const SearchFlags& flags, const Plan& plan,
                            const SearchOutcome& outcome) {
  const Terminal terminal = DetectTerminal();
  const Settings& settings = plan.request.settings;
  const auto color = ParseColorChoice(settings.color.value_or("auto"));
  TextOptions options;
  options.style = {
      .color = UseColor(color.ok() ? *color : ColorChoice::kAuto, terminal.stdout_is_terminal,
                        std::getenv("NO_COLOR"), std::getenv("TERM")),
      .make_safe = terminal.stdout_is_terminal,
      .columns = terminal.stdout_is_terminal ? terminal.columns : 0};
  options.scores = flags.scores || flags.explain;
  options.whole_chunks = flags.content;
  options.lines_before = flags.before.value_or(settings.context.value_or(0));
  options.lines_after = flags.after.value_or(settings.context.value_or(0));
  options.context_given = options.lines_before + options.lines_after > 0;
  options.display_path = [&plan, &outcome](const std::string& path) {
    return PathFrom(plan.current_dir, outcome.root, path);
  };
  options.file_text = [&outcome](const std::string& path) -> std::string {
    const Snapshot& snapshot = outcome.index.searcher->snapshot();
    const auto id = snapshot.FindFile(path);
    if (!id.ok() || !id->has_value()) return "";
    Result<std::string> text = snapshot.FileText(**id);
    return text.ok() ? *std::move(text) : "";
  };
  return options;
}

RenderResult RendererFor(const SearchFlags& flags, const TextOptions& text) {
  const bool make_safe = text.style.make_safe;
  if (flags.json || flags.jsonl) {
    return [typed = flags.jsonl](const SearchResult& result, ResultForm form) {
      return RenderJsonResult(result, form, typed);
    };
  }
  if (flags.vimgrep) {
    return [&text, make_safe](const SearchResult& result, ResultForm) {
      return RenderVimgrep(result, text.display_path(result.path), make_safe);
    };
  }
  if (flags.files) {
    return [&text, make_safe, null = flags.null](const SearchResult& result, ResultForm) {
      return RenderFileName(text.display_path(result.path), null, make_safe);
    };
  }
  return [&text](const SearchResult& result, ResultForm form) {
    return RenderTextResult(result, form, text);
  };
}

SearchEnvelope EnvelopeOf(const Plan& plan, const SearchOutcome& outcome) {
  return {.query = plan.request.query,
          .query_kind = outcome.response.query_kind,
          .root = outcome.root,
          .model = outcome.index.embedder->space().model_name,
          .stale = outcome.stale,
          .files_searched = outcome.response.files_searched,
          .chunks_searched = outcome.response.chunks_searched};
}

std::string Output(const SearchFlags& flags, const Plan& plan, const SearchOutcome& outcome,
                   const BudgetedResults& results) {
  if (flags.json) {
    const bool pretty = DetectTerminal().stdout_is_terminal;
    return RenderJsonDocument(EnvelopeOf(plan, outcome), results, pretty);
  }
  const bool is_text = !flags.jsonl && !flags.vimgrep && !flags.files;
  std::string out;
  for (const std::string& result : results.rendered) {
    if (is_text && !out.empty()) out += '\n';
    out += result;
    if (flags.jsonl) out += '\n';
  }
  if (flags.jsonl) out += RenderJsonlSummary(EnvelopeOf(plan, outcome), results);
  return out;
}

// Why no file was searched: the text that each must hold, or whatever else narrows the search.
std::string WhyNoFile(const SearchFlags& flags, const SearchResponse& response) {
  const bool narrowed = !flags.paths.empty() || !flags.types.empty() || !flags.globs.empty() ||
                        !flags.include.empty() || !flags.exclude.empty();
  if (flags.regex && !narrowed) return ": no file holds a match of -e";
  if ((flags.fixed || flags.whole_words) && !narrowed) return ": no file holds that text";
  if (response.query_kind == "phrase" && !narrowed) return ": no file holds the quoted text";
  return ": no file passes the filters";
}

// A query for a message: a pasted log need not be read again.
std::string Quoted(const std::string& query) {
  constexpr size_t kMostCells = 200;
  return "'" + RenderLine(query, {}, Style(), kMostCells) + "'";
}

void SayWhatIsMissing(const SearchFlags& flags, const Plan& plan, const SearchOutcome& outcome,
                      const BudgetedResults& results) {
  if (flags.quiet) return;
  if (results.omitted > 0 && !flags.json && !flags.jsonl) {
    Say(Counted(results.omitted, "further result") + " left out to stay within --max-tokens");
  }
  if (!outcome.response.results.empty()) return;
  const std::string about = flags.like ? "chunks like " + *flags.like : Quoted(plan.request.query);
  const uint64_t files = outcome.response.files_searched;
  Say("nothing found for " + about +
      (files == 0 ? WhyNoFile(flags, outcome.response) : " in " + Counted(files, "file")));
  if (const std::optional<SearchResult>& near = outcome.response.near_miss) {
    Say("nearest, but hardly relevant: " + PathFrom(plan.current_dir, outcome.root, near->path) +
        ":" + std::to_string(near->best.line_begin) + "; to see such results: --min-score 0");
  }
}

int RunSearch(const SearchFlags& flags) {
  const bool json = flags.json || flags.jsonl;
  const Result<Plan> plan = MakePlan(flags);
  if (!plan.ok()) return Fail(plan.status(), json);
  const Result<SearchOutcome> outcome = SearchIndex(plan->request);
  if (!outcome.ok()) return Fail(outcome.status(), json);
  const TextOptions text = TextOptionsFrom(flags, *plan, *outcome);
  const BudgetedResults results =
      RenderWithinBudget(outcome->response.results, plan->request.settings.max_tokens.value_or(0),
                         RendererFor(flags, text));
  const Status printed = Print(Output(flags, *plan, *outcome, results));
  if (!printed.ok()) return Fail(printed);
  SayWhatIsMissing(flags, *plan, *outcome, results);
  return outcome->response.results.empty() ? kExitNothingFound : kExitFound;
}

// Like CLI::IsMember, but leaves the name of the value alone.
CLI::Validator OneOf(std::vector<std::string> words) {
  const auto check = [words = std::move(words)](const std::string& value) -> std::string {
    if (std::find(words.begin(), words.end(), value) != words.end()) return "";
    std::string message = "must be";
    for (size_t i = 0; i < words.size(); ++i) {
      message += (i == 0 ? " " : i + 1 < words.size() ? ", " : " or ") + words[i];
    }
    return message + ", not '" + value + "'";
  };
  return CLI::Validator(check, /*validator_desc=*/"");
}

// ---- flags; each group is one heading of the help ----

void AddFilterFlags(CLI::App& command, SearchFlags& flags) {
  constexpr char kGroup[] = "What may be found";
  command.add_option("-e,--regex", flags.regex, "Only chunks with a match of this RE2 expression")
      ->type_name("REGEX")
      ->group(kGroup);
  command
      .add_flag("-F,--fixed", flags.fixed,
                "Take REGEX literally; without -e: the query must be there as it is")
      ->group(kGroup);
  command
      .add_flag("-w,--word", flags.whole_words,
                "REGEX, or without -e the query, must match whole words")
      ->group(kGroup);
  command.add_flag("-i,--ignore-case", flags.ignore_case, "Ignore case in REGEX")->group(kGroup);
  const auto repeated = [&](const char* name, std::vector<std::string>& values,
                            const char* description, const char* value) {
    command.add_option(name, values, description)
        ->type_name(value)
        ->allow_extra_args(false)
        ->group(kGroup);
  };
  repeated("-t,--type", flags.types, "Only this language; may be repeated (see: sg help types)",
           "LANG");
  repeated("-g,--glob", flags.globs, "Only files that match; with a leading ! all others", "GLOB");
  repeated("--include", flags.include, "Only files that match; may be repeated", "GLOB");
  repeated("--exclude", flags.exclude, "No files that match; may be repeated", "GLOB");
}

void AddRankingFlags(CLI::App& command, SearchFlags& flags) {
  constexpr char kGroup[] = "How to rank";
  command
      .add_option("--mode", flags.settings.mode, "Rank by meaning, by words or (default) by both")
      ->check(OneOf({"hybrid", "semantic", "keyword"}))
      ->type_name("hybrid|semantic|keyword")
      ->group(kGroup);
  command
      .add_option("--like", flags.like, "Find what resembles the code at this place, without QUERY")
      ->type_name("FILE:LINE")
      ->group(kGroup);
  command.add_option("-k,--top-k", flags.settings.top_k, "Number of results (default: 10)")
      ->type_name("N")
      ->group(kGroup);
  command.add_option("--more", flags.more, "Further chunks shown for each file (default: 2)")
      ->type_name("N")
      ->group(kGroup);
  command.add_option("--min-score", flags.min_score, "Leave out results below this score")
      ->type_name("X")
      ->group(kGroup);
  command
      .add_option("--ranking", flags.ranking,
                  "Baselines for measurements: default, bm25, static or fused")
      ->group("");
}

void AddOutputFlags(CLI::App& command, SearchFlags& flags) {
  constexpr char kGroup[] = "What to print";
  const auto lines = [&](const char* name, std::optional<uint64_t>& value,
                         const char* description) {
    command.add_option(name, value, description)->type_name("N")->group(kGroup);
  };
  lines("-A,--after", flags.after, "Lines of context after each matching line");
  lines("-B,--before", flags.before, "Lines of context before each matching line");
  lines("-C,--context", flags.settings.context, "Lines of context before and after");
  const auto flag = [&](const char* name, bool& value, const char* description) {
    return command.add_flag(name, value, description)->group(kGroup);
  };
  flag("-c,--content", flags.content, "Whole chunks instead of their best lines");
  CLI::Option* files = flag("-l,--files-with-matches", flags.files, "Only the names of files");
  flag("-0,--null", flags.null, "With -l: end names with NUL, for xargs -0");
  CLI::Option* vimgrep =
      flag("--vimgrep", flags.vimgrep, "path:line:column:text, for editors")->excludes(files);
  CLI::Option* json = flag("--json", flags.json, "One JSON document (docs/json.md)");
  json->excludes(files)->excludes(vimgrep);
  flag("--jsonl", flags.jsonl, "One JSON object a line, a result each; the last a summary")
      ->excludes(files)
      ->excludes(vimgrep)
      ->excludes(json);
  command
      .add_option("--max-tokens", flags.settings.max_tokens,
                  "Print at most about this much (4 bytes a token)")
      ->type_name("N")
      ->group(kGroup);
  flag("--scores", flags.scores, "Show scores");
  flag("--explain", flags.explain, "Show how each score came about");
  command
      .add_option("--color", flags.settings.color,
                  "Colors; auto: on a terminal, unless NO_COLOR is set")
      ->check(OneOf({"auto", "always", "never"}))
      ->type_name("auto|always|never")
      ->group(kGroup);
  flag("-q,--quiet", flags.quiet, "No notices, errors only");
}

}  // namespace

void DefineSearch(CLI::App& command, Action& run) {
  const auto flags = std::make_shared<SearchFlags>();
  command.add_option("QUERY", flags->query,
                     "A question, words, an identifier, a path or file:line");
  command.add_option("PATH", flags->paths, "Search only these files and folders");
  AddFilterFlags(command, *flags);
  AddRankingFlags(command, *flags);
  AddOutputFlags(command, *flags);
  AddIndexFlag(command, flags->settings);
  AddModelFlags(command, flags->settings);
  command.add_flag_callback(
      "--no-update", [flags] { flags->settings.auto_update = false; }, "Use the index as it is");
  command.footer(
      "Examples:\n"
      "  sg \"where are passwords hashed\"\n"
      "  sg search -k 3 -t rust parse_args src/\n"
      "  sg search \"retry with backoff\" -e 'sleep\\(' -C 3\n"
      "  sg search --like src/cache.c:120\n"
      "  sg search --json --max-tokens 2000 \"session refresh\" | jq '.results[].path'\n"
      "  vim -q <(sg search --vimgrep \"session refresh\")");
  command.callback([flags, &run] { run = [flags] { return RunSearch(*flags); }; });
}

}  // namespace sg
