#include "eval/readme_sections.h"

#include <algorithm>
#include <array>

#include "core/base/file.h"
#include "core/text/ascii.h"
#include "core/text/words.h"
#include "eval/doc_comment.h"

namespace sg {
namespace {

constexpr size_t kMostHeadingBytes = 120;
constexpr size_t kMostLineBytes = 4096;  // longer lines are no prose; links take quadratic time
constexpr size_t kMostNames = 50;        // of a section
constexpr size_t kMostNameBytes = 200;
constexpr size_t kFewestHeadingWords = 2;  // that are no stop words

// Headings of parts that no code answers.
constexpr std::array<std::string_view, 62> kOfEveryReadme = {
    "install",      "installation",  "installing",    "license",      "licence",
    "licensing",    "contributing",  "usage",         "changelog",    "contents",
    "quickstart",   "started",       "badges",        "credits",      "sponsors",
    "support",      "authors",       "faq",           "roadmap",      "acknowledgements",
    "thanks",       "community",     "release",       "releases",     "requirements",
    "dependencies", "documentation", "links",         "contributors", "maintainers",
    "example",      "examples",      "upgrading",     "migration",    "issues",
    "notes",        "features",      "overview",      "introduction", "demo",
    "caveats",      "todo",          "building",      "compiling",    "prerequisites",
    "setup",        "versioning",    "compatibility", "resources",    "references",
    "disclaimer",   "status",        "samples",       "benchmarks",   "troubleshooting",
    "motivation",   "background",    "tutorial",      "tests",        "testing",
    "instructions", "goals"};

std::string_view TrimRight(std::string_view text) {
  const size_t end = text.find_last_not_of(" \t\r");
  return text.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) lines.push_back(TrimRight(TakeLine(&text)));
  return lines;
}

// "=====" or "-----" below a line.
bool IsUnderline(std::string_view line) {
  return line.size() >= 3 && std::string_view("=-~^*").find(line[0]) != std::string_view::npos &&
         line.find_first_not_of(line[0]) == std::string_view::npos;
}

// "## Heading ##" -> "Heading"; empty if it is none.
std::string_view HashHeading(std::string_view line) {
  const size_t level = line.find_first_not_of('#');
  if (level == 0 || level > 6 || level == std::string_view::npos || line[level] != ' ') return "";
  line = Trim(line.substr(level));
  while (line.ends_with('#')) line.remove_suffix(1);
  return Trim(line);
}

// "[text](target)" -> "text".
std::string WithoutLinks(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t middle = text[0] == '[' ? text.find("](") : std::string_view::npos;
    const size_t end = middle == std::string_view::npos ? middle : text.find(')', middle);
    if (end != std::string_view::npos) {
      out += text.substr(1, middle - 1);
      text.remove_prefix(end + 1);
    } else {
      out += text[0];
      text.remove_prefix(1);
    }
  }
  return out;
}

void AddName(std::string_view name, std::vector<std::string>* names) {
  while (name.starts_with("./")) name.remove_prefix(2);
  name = name.substr(0, name.find_first_of("(#?"));
  const bool odd = name.find_first_of(" \t<>|$") != std::string_view::npos;
  if (name.empty() || odd || name.size() > kMostNameBytes || names->size() >= kMostNames) return;
  names->emplace_back(name);
}

// What `text` has between `open` and `close` on one line.
void AddEnclosed(std::string_view text, std::string_view open, char close,
                 std::vector<std::string>* names) {
  for (size_t at = 0; (at = text.find(open, at)) != std::string_view::npos;) {
    at += open.size();
    const size_t end = text.find(close, at);
    if (end == std::string_view::npos) return;
    AddName(text.substr(at, end - at), names);
    at = end + 1;
  }
}

// Collects lines into sections.
class Reader {
 public:
  void Read(const std::vector<std::string_view>& lines) {
    for (size_t i = 0; i < lines.size(); ++i) {
      const std::string_view line = lines[i];
      if (Trim(line).starts_with("```") || Trim(line).starts_with("~~~")) {
        fenced_ = !fenced_;
        continue;
      }
      if (fenced_) continue;
      const bool underlined = i + 1 < lines.size() && IsUnderline(lines[i + 1]) && IsTitle(line);
      const std::string_view heading = underlined ? Trim(line) : HashHeading(line);
      if (!heading.empty()) {
        Close(i);
        Open(heading, i);
        i += underlined ? 1 : 0;
      } else {
        AddLine(line);
      }
    }
    Close(lines.size());
  }

  std::vector<ReadmeSection> sections;

 private:
  static bool IsTitle(std::string_view line) {
    return !line.empty() && line[0] != ' ' && line[0] != '-' && line[0] != '|' && line[0] != '.' &&
           line.size() <= kMostHeadingBytes;
  }

  void Open(std::string_view heading, size_t line) {
    open_ = heading.size() <= kMostHeadingBytes;
    if (!open_) return;
    current_ = ReadmeSection{.heading = OneLine(WithoutLinks(heading)),
                             .lines = {.begin = static_cast<uint32_t>(line + 1)}};
  }

  void AddLine(std::string_view line) {
    if (!open_ || line.size() > kMostLineBytes) return;
    current_.text += WithoutLinks(line) + "\n";
    AddEnclosed(line, "`", '`', &current_.names);
    AddEnclosed(line, "](", ')', &current_.names);
  }

  void Close(size_t end) {
    current_.lines.end = static_cast<uint32_t>(end);
    if (open_) sections.push_back(std::move(current_));
    open_ = false;
  }

  ReadmeSection current_;
  bool open_ = false, fenced_ = false;
};

}  // namespace

bool IsReadme(std::string_view path) {
  const std::string lower = AsciiLower(BaseName(path));
  return lower == "readme" || lower == "readme.md" || lower == "readme.markdown" ||
         lower == "readme.rst" || lower == "readme.txt";
}

std::vector<ReadmeSection> ReadSections(std::string_view readme) {
  Reader reader;
  reader.Read(LinesOf(readme));
  return std::move(reader.sections);
}

std::string QueryFromSection(const ReadmeSection& section) {
  size_t says = 0;
  for (const std::string& word : SplitWords(section.heading)) {
    if (std::find(kOfEveryReadme.begin(), kOfEveryReadme.end(), word) != kOfEveryReadme.end()) {
      return "";
    }
    if (!IsStopWord(word) && word.size() > 1) ++says;
  }
  // One token alone is a name: "@scope/package", "serve_header.py".
  const bool phrase = section.heading.find(' ') != std::string::npos;
  if (says >= kFewestHeadingWords && phrase) return section.heading;
  const std::string sentence = QueryFromDoc(section.text, section.heading);
  const bool tells = std::any_of(
      section.names.begin(), section.names.end(),
      [&](const std::string& name) { return sentence.find(name) != std::string::npos; });
  return tells ? "" : sentence;  // a question does not name its answer
}

}  // namespace sg
