#pragma once
// The languages and text types sg knows. One row of the table in language.cc each; a parsed
// language also has languages/<name>.cc with its grammar and node tables.

#include <cstdint>
#include <span>
#include <string_view>

namespace sg {

enum class LanguageFamily {
  kCode,
  kProse,
  kData
};  // routes: code -> code model, prose -> text model

struct Language {
  std::string_view
      name;  // "python", "cpp", "markdown", "text": stable, used by -t/--type, JSON and the index
  std::string_view display;  // "Python", "C++"
  LanguageFamily family;
  std::span<const std::string_view> extensions;  // with the dot, lower-case
  std::span<const std::string_view> file_names;  // exact base names ("Makefile", "Dockerfile")
  std::span<const std::string_view> aliases;     // further words for -t ("py", "c++")
};

// All rows, in the order of `sg help types`.
std::span<const Language> AllLanguages();

// Returns the language of a file from its name (and, where the name leaves a choice such as .h or
// no extension, from the first bytes of its content: C++ keywords, a #! line); null where nothing
// claims it.
const Language* DetectLanguage(std::string_view path, std::string_view content_head);

// Looks a name or alias up; null if unknown.
const Language* FindLanguage(std::string_view name);

}  // namespace sg
