#pragma once
// The sections of a README with what each of them names: a heading is how people call a part of the
// project, and the names below it say where that part is. Markdown and reStructuredText; pure.

#include <string>
#include <string_view>
#include <vector>

#include "eval/metrics.h"

namespace sg {

struct ReadmeSection {
  std::string heading;             // without mark-up
  std::string text;                // up to the next heading, without code blocks
  std::vector<std::string> names;  // what stands between backticks and in links, in order
  LineSpan lines;                  // heading included
};

// Whether the file's name is README with or without an extension of prose.
bool IsReadme(std::string_view path);

// O(bytes).
std::vector<ReadmeSection> ReadSections(std::string_view readme);

// A query that the heading makes, or the first sentence below it where the heading says too little;
// empty for what every README has (installation, licence, ...).
std::string QueryFromSection(const ReadmeSection& section);

}  // namespace sg
