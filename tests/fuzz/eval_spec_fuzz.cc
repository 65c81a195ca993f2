// Specs of `sg eval` and comments made into queries (eval/spec.h, eval/doc_comment.h,
// eval/readme_sections.h, eval/compare.h, eval/shadow_corpus.h) on arbitrary bytes.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "eval/compare.h"
#include "eval/doc_comment.h"
#include "eval/readme_sections.h"
#include "eval/shadow_corpus.h"
#include "eval/spec.h"
#include "extract/language.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckSpec(std::string_view text) {
  const auto spec = sg::ParseSpec(text, "spec.json");
  if (!spec.ok()) {
    Require(spec.status().message().starts_with("spec.json"));
    return;
  }
  Require(!spec->corpora.empty());
  // What is written is read again, the same.
  const std::string rendered = sg::RenderSpec(*spec);
  const auto again = sg::ParseSpec(rendered, "spec.json");
  Require(again.ok());
  Require(sg::RenderSpec(*again) == rendered);
}

void CheckComments(const std::string& text) {
  Require(sg::QueryFromDoc(text, "symbol").size() <= 200);
  const sg::SourceText source = sg::MakeSourceText(text, sg::FindLanguage("python"));
  const auto lines = static_cast<uint32_t>(source.line_count());
  for (uint32_t line = 0; line <= std::min<uint32_t>(lines + 1, 20); ++line) {
    const auto doc =
        sg::FindDocComment(source, {.name = "f", .line_begin = line, .line_end = line + 9});
    if (!doc) continue;
    Require(doc->lines.begin >= 1 && doc->lines.begin <= doc->lines.end);
    Require(doc->lines.end <= lines);
  }
}

void CheckReadme(const std::string& text) {
  const auto lines = static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  for (const sg::ReadmeSection& section : sg::ReadSections(text)) {
    Require(section.lines.begin >= 1 && section.lines.begin <= section.lines.end);
    Require(section.lines.end <= lines);
    (void)sg::QueryFromSection(section);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  CheckSpec(text);
  CheckComments(text);
  CheckReadme(text);
  (void)sg::CompareRuns(text, "a", text, "b");
  const std::string blank = sg::BlankLines(text, {{.begin = 2, .end = 3}});
  Require(std::count(blank.begin(), blank.end(), '\n') ==
          std::count(text.begin(), text.end(), '\n'));
  return 0;
}
