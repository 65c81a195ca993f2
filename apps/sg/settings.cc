#include "apps/sg/settings.h"

#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>
#include <variant>

#include "apps/sg/nearest.h"
#include "apps/sg/sizes.h"
#include "core/base/file.h"

namespace sg {
namespace {

constexpr uint64_t kMostSettingsBytes = 64 << 10;

using Text = std::optional<std::string> Settings::*;
using Number = std::optional<uint64_t> Settings::*;
using Flag = std::optional<bool> Settings::*;
using List = std::optional<std::vector<std::string>> Settings::*;
using Weights = std::optional<TunedWeights> Settings::*;

// A number that may be written as a size ("512M").
struct Size {
  Number field;
};
// A text that is one of a few words.
struct Choice {
  Text field;
  std::vector<std::string_view> words;
};

// A number that is one of a few.
struct Preset {
  Number field;
  std::span<const uint64_t> numbers;
};

struct Key {
  SettingRow row;
  std::variant<Text, Number, Flag, List, Size, Choice, Preset, Weights> field;
};

// The order is the order of `sg help settings`.
const std::vector<Key>& Keys() {
  static const auto& keys = *new std::vector<Key>{
      {{"model", "SG_MODEL", true, "name of an installed model (sg model list), or auto"},
       &Settings::model},
      {{"model_path", "SG_MODEL_PATH", false, "folder of a model"}, &Settings::model_path},
      {{"route_code", "", true, "model for code where model is auto"}, &Settings::route_code},
      {{"route_text", "", true, "model for prose where model is auto"}, &Settings::route_text},
      {{"route_cjk", "", true, "model for Chinese, Japanese and Korean where model is auto"},
       &Settings::route_cjk},
      {{"max_tokens_per_chunk", "", false,
        "tokens that an encoder reads of a chunk: 512, 1024, 2048, 4096 or 8192"},
       Preset{&Settings::max_tokens_per_chunk, kChunkTokens}},
      {{"token_bits", "", false, "bits a dimension of a multi-vector model's tokens: 4 or 2"},
       Preset{&Settings::token_bits, kTokenBits}},
      {{"pool_tokens", "", false, "make one of every two tokens of a multi-vector model"},
       &Settings::pool_tokens},
      {{"index", "SG_INDEX", false, "path of the index file"}, &Settings::index},
      {{"include", "", true, "index only files that match one of these globs"}, &Settings::include},
      {{"exclude", "", true, "globs of files to leave out"}, &Settings::exclude},
      {{"hidden", "", true, "index hidden files too"}, &Settings::hidden},
      {{"ignore_files", "", true, "obey .gitignore, .ignore and .sgignore"},
       &Settings::ignore_files},
      {{"max_file_size", "", true, "skip larger source files, e.g. \"2M\""},
       Size{&Settings::max_file_size_bytes}},
      {{"follow", "", false, "follow symbolic links"}, &Settings::follow},
      {{"threads", "SG_THREADS", false, "threads for indexing; 0: all cores"}, &Settings::threads},
      {{"max_memory", "SG_MAX_MEMORY", false, "memory for indexing, e.g. \"1G\""},
       Size{&Settings::max_memory_bytes}},
      {{"auto_update", "SG_AUTO_UPDATE", true, "let searches create and update the index"},
       &Settings::auto_update},
      {{"mode", "SG_MODE", true, "hybrid, semantic or keyword"},
       Choice{&Settings::mode, {"hybrid", "semantic", "keyword"}}},
      {{"top_k", "", true, "number of results"}, &Settings::top_k},
      {{"context", "", true, "lines of context around each matching line"}, &Settings::context},
      {{"max_tokens", "", true, "budget for the printed results"}, &Settings::max_tokens},
      {{"ranking", "", true, "weights of the ranking, written by sg tune rank"},
       &Settings::ranking},
      {{"color", "SG_COLOR", false, "auto, always or never"},
       Choice{&Settings::color, {"auto", "always", "never"}}},
  };
  return keys;
}

// What a JSON file or the environment gave for a key.
using Value = std::variant<std::monostate, bool, uint64_t, std::string, std::vector<std::string>>;

// Stores `value` in `settings`; returns what was expected instead if it does not fit, else "".
struct Assign {
  Settings& settings;
  const Value& value;

  std::string operator()(Text field) const {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr || text->empty()) return "a text";
    settings.*field = *text;
    return "";
  }
  std::string operator()(Number field) const {
    const auto* number = std::get_if<uint64_t>(&value);
    if (number == nullptr || *number > 1'000'000'000) return "a whole number";
    settings.*field = *number;
    return "";
  }
  std::string operator()(Flag field) const {
    const auto* flag = std::get_if<bool>(&value);
    if (flag == nullptr) return "true or false";
    settings.*field = *flag;
    return "";
  }
  std::string operator()(List field) const {
    const auto* list = std::get_if<std::vector<std::string>>(&value);
    if (list == nullptr) return "a list of texts";
    settings.*field = *list;
    return "";
  }
  std::string operator()(Weights) const { return "an object, as sg tune rank writes it"; }
  std::string operator()(const Size& size) const {
    if (const auto* text = std::get_if<std::string>(&value)) {
      const Result<uint64_t> bytes = ParseSize(*text);
      if (!bytes.ok()) return "a size such as \"64M\"";
      settings.*size.field = *bytes;
      return "";
    }
    const auto* number = std::get_if<uint64_t>(&value);
    if (number == nullptr) return "a size such as \"64M\"";
    settings.*size.field = *number;
    return "";
  }
  std::string operator()(const Preset& preset) const {
    const auto* number = std::get_if<uint64_t>(&value);
    std::string expected;
    for (const uint64_t allowed : preset.numbers) {
      if (number != nullptr && *number == allowed) {
        settings.*preset.field = *number;
        return "";
      }
      expected += (expected.empty() ? "" : " or ") + std::to_string(allowed);
    }
    return expected;
  }
  std::string operator()(const Choice& choice) const {
    const auto* text = std::get_if<std::string>(&value);
    std::string expected;
    for (std::string_view word : choice.words) {
      if (text != nullptr && *text == word) {
        settings.*choice.field = *text;
        return "";
      }
      expected += (expected.empty() ? "" : " or ") + std::string(word);
    }
    return expected;
  }
};

const Key* FindKey(std::string_view name) {
  for (const Key& key : Keys()) {
    if (key.row.key == name) return &key;
  }
  return nullptr;
}

Status UnknownKey(std::string_view name, const std::string& where) {
  std::vector<std::string_view> known;
  for (const Key& key : Keys()) known.push_back(key.row.key);
  std::string message = where + ": unknown setting '" + std::string(name) + "'";
  if (const auto nearest = NearestWord(name, known)) {
    message += "; did you mean '" + std::string(*nearest) + "'?";
  } else {
    message += "; see: sg help settings";
  }
  return InvalidArgumentError(std::move(message));
}

// The line of the last character read, not counting a line end that was read just now: the parser
// looks one character ahead.
struct LineCounter {
  size_t line = 1;
  bool at_line_end = false;

  void Pass(char c) {
    if (at_line_end) ++line;
    at_line_end = c == '\n';
  }
};

// An input iterator that counts the lines it has passed.
struct CountingIterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char* at = nullptr;
  LineCounter* lines = nullptr;

  reference operator*() const { return *at; }
  CountingIterator& operator++() {
    lines->Pass(*at++);
    return *this;
  }
  bool operator==(const CountingIterator& other) const { return at == other.at; }
  bool operator!=(const CountingIterator& other) const { return at != other.at; }
};

// More weights than any program's features: what comes after is not kept.
constexpr size_t kMostWeights = 200;

// Puts one number of the object "ranking" where its name says. `group`: "prose", "symbol" or "".
void PutWeight(std::string_view group, const std::string& name, double value,
               TunedWeights* weights) {
  if (group.empty()) {
    const bool counts = value >= 0 && value <= 1e9 && value == std::floor(value);
    if (name == "version" && counts) {
      weights->version = static_cast<uint64_t>(value);
    } else if (name == "queries" && counts) {
      weights->queries = static_cast<uint64_t>(value);
    } else if (name != "ndcg_before" && name != "ndcg_after") {  // these are for people only
      weights->malformed = true;
    }
    return;
  }
  TunedWeights::Named& named = group == "prose" ? weights->prose : weights->symbol;
  if (named.size() < kMostWeights) named.emplace_back(name, value);
}

// Reads one flat object (and "ranking", which holds two more); every callback returns false to stop
// at the first error.
class SettingsReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  SettingsReader(const std::string& path, SettingsSource source, const LineCounter& lines)
      : path_(path), source_(source), lines_(lines) {}

  Settings settings;
  Status status;

  bool null() override { return Store(std::monostate{}); }
  bool boolean(bool value) override { return Store(value); }
  bool number_integer(number_integer_t value) override {
    return depth_ > 1 ? StoreWeight(static_cast<double>(value)) : Store(std::monostate{});
  }
  bool number_unsigned(number_unsigned_t value) override {
    return depth_ > 1 ? StoreWeight(static_cast<double>(value)) : Store(uint64_t{value});
  }
  bool number_float(number_float_t value, const string_t&) override {
    return depth_ > 1 ? StoreWeight(value) : Store(std::monostate{});
  }
  bool string(string_t& value) override {
    if (depth_ > 1 || !in_list_) return Store(value);
    list_.push_back(value);
    return true;
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override {
    if (depth_ == 0) return ++depth_ > 0;
    if (in_list_ || key_ == nullptr || !std::holds_alternative<Weights>(key_->field)) {
      return Fail("only 'ranking' is an object");
    }
    if (depth_ == 1) settings.ranking.emplace();
    const bool set = depth_ == 2 && (name_ == "prose" || name_ == "symbol");
    if (set) group_ = name_;
    if (depth_ > 1 && !set) settings.ranking->malformed = true;
    ++depth_;
    return true;
  }
  bool end_object() override {
    --depth_;
    group_.clear();
    return true;
  }
  bool start_array(size_t) override {
    if (depth_ > 1) return Malformed();
    if (depth_ == 0) return Fail("settings are one object: { \"key\": value }");
    if (in_list_) return Fail("a list of texts was expected");
    in_list_ = true;
    list_.clear();
    return true;
  }
  bool end_array() override {
    if (depth_ > 1) return true;
    in_list_ = false;
    return Store(list_);
  }
  bool key(string_t& name) override {
    if (depth_ > 1) {
      name_ = name;
      return true;
    }
    key_ = FindKey(name);
    if (key_ == nullptr) {
      status = UnknownKey(name, Where());
      return false;
    }
    if (source_ == SettingsSource::kProject && !key_->row.project) {
      return Fail("'" + name + "' cannot be set by a project, only in your own settings file" +
                  (key_->row.environment.empty() ? std::string()
                                                 : " or as " + std::string(key_->row.environment)));
    }
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::json::exception&) override {
    return Fail("this is not JSON (comments are allowed, trailing commas are not)");
  }

 private:
  std::string Where() const { return path_ + ":" + std::to_string(lines_.line); }

  bool Fail(const std::string& what) {
    status = InvalidArgumentError(Where() + ": " + what);
    return false;
  }

  // Weights that are not as we write them are left out with a warning, as those of another version
  // are: a search need not fail for them.
  bool Malformed() { return settings.ranking->malformed = true; }

  bool StoreWeight(double value) {
    PutWeight(group_, name_, value, &*settings.ranking);
    return true;
  }

  bool Store(const Value& value) {
    if (depth_ > 1) return Malformed();
    if (in_list_) return Fail("a list of texts was expected");
    if (key_ == nullptr) return Fail("settings are one object: { \"key\": value }");
    const std::string expected = std::visit(Assign{settings, value}, key_->field);
    return expected.empty() || Fail("'" + std::string(key_->row.key) + "' must be " + expected);
  }

  const std::string& path_;
  const SettingsSource source_;
  const LineCounter& lines_;
  const Key* key_ = nullptr;
  int depth_ = 0;             // objects that are open
  std::string group_, name_;  // within "ranking"
  bool in_list_ = false;
  std::vector<std::string> list_;
};

// The text of an environment variable as the value that `key` wants.
Value EnvironmentValue(const Key& key, const std::string& text) {
  if (std::holds_alternative<Flag>(key.field)) {
    if (text == "1" || text == "true") return true;
    if (text == "0" || text == "false") return false;
    return std::monostate{};
  }
  if (std::holds_alternative<Number>(key.field)) {
    const bool digits = !text.empty() && text.size() <= 12 &&
                        text.find_first_not_of("0123456789") == std::string::npos;
    if (digits) return uint64_t{std::stoull(text)};
    return std::monostate{};
  }
  return text;
}

struct Merge {
  Settings& base;
  const Settings& over;

  template <typename Field>
  void Replace(Field field) const {
    if ((over.*field).has_value()) base.*field = over.*field;
  }
  template <typename Field>
  void operator()(Field field) const {
    Replace(field);
  }
  void operator()(const Size& size) const { Replace(size.field); }
  void operator()(const Choice& choice) const { Replace(choice.field); }
  void operator()(const Preset& preset) const { Replace(preset.field); }
};

}  // namespace

Settings MergeSettings(Settings base, const Settings& over) {
  for (const Key& key : Keys()) std::visit(Merge{base, over}, key.field);
  return base;
}

Result<Settings> ParseSettings(std::string_view json, const std::string& path,
                               SettingsSource source) {
  LineCounter lines;
  SettingsReader reader(path, source, lines);
  const CountingIterator begin{json.data(), &lines};
  const CountingIterator end{json.data() + json.size(), &lines};
  const bool read =
      nlohmann::json::sax_parse(begin, end, &reader, nlohmann::json::input_format_t::json,
                                /*strict=*/true, /*ignore_comments=*/true);
  if (!reader.status.ok()) return reader.status;
  if (!read) return InvalidArgumentError(path + ": cannot be read as settings");
  return std::move(reader.settings);
}

Result<Settings> LoadSettingsFile(const std::string& path, SettingsSource source) {
  if (path.empty()) return Settings{};
  struct stat info;
  // A project could otherwise make sg read, and quote in messages, a file outside of the tree.
  const int found = source == SettingsSource::kProject ? ::lstat(path.c_str(), &info)
                                                       : ::stat(path.c_str(), &info);
  if (found != 0) return Settings{};
  if (!S_ISREG(info.st_mode)) {
    return InvalidArgumentError("the settings file " + path + " is not a regular file");
  }
  const Result<std::string> bytes = ReadFile(path, kMostSettingsBytes);
  if (!bytes.ok()) return bytes.status().WithContext("settings");
  return ParseSettings(*bytes, path, source);
}

Result<Settings> SettingsFromEnvironment(const std::function<const char*(const char*)>& getenv) {
  Settings settings;
  for (const Key& key : Keys()) {
    if (key.row.environment.empty()) continue;
    const std::string name(key.row.environment);
    const char* text = getenv(name.c_str());
    if (text == nullptr || *text == '\0') continue;
    const Value value = EnvironmentValue(key, text);
    const std::string expected = std::visit(Assign{settings, value}, key.field);
    if (!expected.empty()) {
      return InvalidArgumentError("the environment variable " + name + " must be " + expected +
                                  ", not '" + text + "'");
    }
  }
  return settings;
}

std::string UserSettingsPath(const std::function<const char*(const char*)>& getenv) {
  const auto value = [&](const char* name) {
    const char* text = getenv(name);
    return std::string(text == nullptr ? "" : text);
  };
  if (std::string path = value("SG_CONFIG"); !path.empty()) return path;
  if (const std::string folder = value("XDG_CONFIG_HOME"); !folder.empty()) {
    return folder + "/sg/config.json";
  }
  if (const std::string home = value("HOME"); !home.empty())
    return home + "/.config/sg/config.json";
  return "";
}

std::string ProjectSettingsPath(const std::string& root) { return root + "/.sg.json"; }

std::vector<SettingRow> SettingRows() {
  std::vector<SettingRow> rows;
  for (const Key& key : Keys()) rows.push_back(key.row);
  return rows;
}

}  // namespace sg
