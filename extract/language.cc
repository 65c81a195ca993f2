#include "extract/language.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/file.h"
#include "core/text/ascii.h"

namespace sg {
namespace {

// One language as it is written down: words separated by one space.
struct LanguageRow {
  std::string_view name;
  std::string_view display;
  LanguageFamily family;
  std::string_view extensions;
  std::string_view file_names;
  std::string_view aliases;  // also the interpreters of a #! line
};

constexpr auto kCode = LanguageFamily::kCode;
constexpr auto kProse = LanguageFamily::kProse;
constexpr auto kData = LanguageFamily::kData;

// Languages with a grammar first, then what the structural fall-back cuts, each in the order of
// `sg help types`. An extension or name belongs to one row only; a test holds that.
constexpr LanguageRow kRows[] = {
    {"python", "Python", kCode, ".py .pyi .pyw .pyx .pxd", "SConstruct SConscript wscript",
     "py pypy uv"},
    {"rust", "Rust", kCode, ".rs", "", "rs rust-script"},
    {"c", "C", kCode, ".c .h", "", ""},
    {"cpp", "C++", kCode,
     ".cc .cpp .cxx .c++ .hh .hpp .hxx .h++ .ipp .ixx .inl .tpp .tcc .txx .cppm .ino .cu .cuh "
     ".metal",
     "", "c++ cxx cuda"},
    {"go", "Go", kCode, ".go", "", "golang"},
    {"java", "Java", kCode, ".java .jav", "", ""},
    {"javascript", "JavaScript", kCode, ".js .jsx .mjs .cjs .es6", "Jakefile",
     "js jsx node nodejs bun"},
    {"typescript", "TypeScript", kCode, ".ts .mts .cts", "", "ts ts-node deno tsx-node"},
    {"tsx", "TSX", kCode, ".tsx", "", ""},
    {"ruby", "Ruby", kCode, ".rb .rake .gemspec .ru .rbi .podspec .thor .jbuilder .builder",
     "Rakefile Gemfile Guardfile Podfile Fastfile Vagrantfile Brewfile Capfile Dangerfile",
     "rb jruby macruby rake"},
    {"php", "PHP", kCode, ".php .phtml .php3 .php4 .php5 .php7 .phps", "", ""},
    {"csharp", "C#", kCode, ".cs .csx", "", "c# cs"},
    {"swift", "Swift", kCode, ".swift .swiftinterface", "", ""},
    {"kotlin", "Kotlin", kCode, ".kt .kts .ktm", "", "kt"},
    {"scala", "Scala", kCode, ".scala .sbt .sc", "", "amm"},
    {"objc", "Objective-C", kCode, ".m .mm", "", "objective-c obj-c objectivec"},
    {"haskell", "Haskell", kCode, ".hs .lhs .hs-boot .hsc", "", "hs runhaskell runghc"},
    {"bash", "Shell", kCode, ".sh .bash .zsh .ksh .bats .ebuild .eclass .command",
     "PKGBUILD APKBUILD configure.ac bashrc zshrc profile .bashrc .bash_profile .bash_aliases "
     ".profile .zshrc .zshenv .envrc gradlew mvnw",
     "sh shell zsh ksh mksh dash ash bats"},
    {"lua", "Lua", kCode, ".lua .luau .rockspec", "", "luajit luau texlua"},
    {"elixir", "Elixir", kCode, ".ex .exs", "", "exs iex"},
    {"zig", "Zig", kCode, ".zig .zon", "", ""},
    {"ocaml", "OCaml", kCode, ".ml .mli .mll .mly", "", "ml ocamlrun ocamlscript"},
    {"julia", "Julia", kCode, ".jl", "", "jl"},
    {"json", "JSON", kData, ".json .jsonc .json5 .webmanifest .ipynb .avsc .code-workspace",
     ".babelrc .eslintrc .prettierrc .swcrc .jshintrc .stylelintrc", "jsonc"},
    {"yaml", "YAML", kData, ".yaml .yml .cff", ".clang-format .clang-tidy .clangd .yamllint",
     "yml"},
    {"toml", "TOML", kData, ".toml", "Pipfile", ""},
    {"html", "HTML", kCode, ".html .htm .xhtml .html4 .html5", "", "htm"},
    {"css", "CSS", kCode, ".css", "", ""},
    {"markdown", "Markdown", kProse, ".md .markdown .mdx .mkd .mdown .livemd .qmd .rmd", "",
     "md mdx"},

    {"text", "Plain text", kProse, ".txt .text",
     "README LICENSE LICENCE COPYING COPYRIGHT NOTICE AUTHORS CONTRIBUTORS MAINTAINERS CHANGELOG "
     "CHANGES NEWS HISTORY INSTALL TODO THANKS PATENTS CODEOWNERS OWNERS VERSION ACKNOWLEDGEMENTS",
     "txt plain"},
    {"rst", "reStructuredText", kProse, ".rst .rest", "", "restructuredtext"},
    {"asciidoc", "AsciiDoc", kProse, ".adoc .asciidoc", "", "adoc"},
    {"org", "Org", kProse, ".org", "", "orgmode"},
    {"tex", "TeX", kProse, ".tex .sty .cls .ltx .latex .dtx .bib", "", "latex"},
    {"typst", "Typst", kProse, ".typ .typst", "", ""},
    {"textile", "Textile", kProse, ".textile", "", ""},
    {"wiki", "Wiki markup", kProse, ".mediawiki .wiki .dokuwiki .creole", "", "mediawiki"},
    {"djot", "Djot", kProse, ".djot .dj", "", ""},
    {"man", "Manual page", kProse, ".man .1 .2 .3 .4 .5 .6 .7 .8 .mdoc .roff", "", "roff troff"},
    {"pod", "Plain old documentation", kProse, ".pod", "", ""},
    {"ada", "Ada", kCode, ".adb .ads", "", ""},
    {"agda", "Agda", kCode, ".agda .lagda", "", ""},
    {"applescript", "AppleScript", kCode, ".applescript .scpt", "", "osascript"},
    {"asm", "Assembly", kCode, ".s .asm .nasm", "", "assembly nasm"},
    {"awk", "Awk", kCode, ".awk", "", "gawk mawk"},
    {"batch", "Batch file", kCode, ".bat .cmd", "", "bat cmd"},
    {"cabal", "Cabal", kData, ".cabal", "cabal.project", ""},
    {"clojure", "Clojure", kCode, ".clj .cljs .cljc .edn .bb", "", "clj"},
    {"cmake", "CMake", kCode, ".cmake", "CMakeLists.txt", ""},
    {"cobol", "COBOL", kCode, ".cob .cbl .cpy", "", ""},
    {"coffeescript", "CoffeeScript", kCode, ".coffee .cson .litcoffee", "Cakefile", "coffee"},
    {"common-lisp", "Common Lisp", kCode, ".lisp .lsp .asd", "", "lisp sbcl"},
    {"coq", "Coq", kCode, "", "", "rocq"},
    {"crystal", "Crystal", kCode, ".cr", "", ""},
    {"d", "D", kCode, ".d .di", "", "dlang rdmd"},
    {"dart", "Dart", kCode, ".dart", "", ""},
    {"dockerfile", "Dockerfile", kCode, ".dockerfile .containerfile", "Dockerfile Containerfile",
     "docker"},
    {"ejs", "EJS", kCode, ".ejs", "", ""},
    {"eex", "Embedded Elixir", kCode, ".eex .heex .leex", "", "heex"},
    {"elm", "Elm", kCode, ".elm", "", ""},
    {"emacs-lisp", "Emacs Lisp", kCode, ".el", ".emacs Cask Eask", "elisp emacs"},
    {"erb", "Embedded Ruby", kCode, ".erb .rhtml", "", ""},
    {"erlang", "Erlang", kCode, ".erl .hrl .xrl .yrl .escript", "rebar.config", "erl escript"},
    {"fish", "Fish", kCode, ".fish", "", ""},
    {"fortran", "Fortran", kCode, ".f .for .f77 .f90 .f95 .f03 .f08 .fpp", "", ""},
    {"fsharp", "F#", kCode, ".fs .fsi .fsx", "", "f# dotnet-fsi"},
    {"gdscript", "GDScript", kCode, ".gd", "", ""},
    {"gleam", "Gleam", kCode, ".gleam", "", ""},
    {"gn", "GN", kCode, ".gn .gni", "", ""},
    {"graphql", "GraphQL", kCode, ".graphql .gql .graphqls", "", "gql"},
    {"groovy", "Groovy", kCode, ".groovy .gradle .gvy .gy", "Jenkinsfile", "gradle"},
    {"haml", "Haml", kCode, ".haml", "", ""},
    {"handlebars", "Handlebars", kCode, ".hbs .handlebars .mustache", "", "hbs mustache"},
    {"haxe", "Haxe", kCode, ".hx", "", ""},
    {"idris", "Idris", kCode, ".idr .lidr", "", ""},
    {"ini", "INI", kData, ".ini .cfg .conf .desktop .service .editorconfig",
     ".editorconfig .gitconfig .npmrc .pylintrc .flake8 .gitmodules", "cfg conf"},
    {"janet", "Janet", kCode, ".janet", "", ""},
    {"jinja", "Jinja", kCode, ".j2 .jinja .jinja2", "", "jinja2"},
    {"jsonnet", "Jsonnet", kCode, ".jsonnet .libsonnet", "", ""},
    {"just", "Just", kCode, ".just", "justfile Justfile", ""},
    {"lean", "Lean", kCode, ".lean", "", "lean4"},
    {"less", "Less", kCode, ".less", "", ""},
    {"liquid", "Liquid", kCode, ".liquid", "", ""},
    {"llvm", "LLVM IR", kCode, ".ll .td .mlir", "", ""},
    {"m4", "M4", kCode, ".m4 .ac", "", "autoconf"},
    {"makefile", "Makefile", kCode, ".mk .mak .make", "Makefile makefile GNUmakefile BSDmakefile",
     "make gmake"},
    {"matlab", "MATLAB", kCode, "", "", "octave"},
    {"meson", "Meson", kCode, "", "meson.build meson_options.txt meson.options", ""},
    {"mojo", "Mojo", kCode, ".mojo", "", ""},
    {"move", "Move", kCode, ".move", "", ""},
    {"nim", "Nim", kCode, ".nim .nims .nimble", "", ""},
    {"ninja", "Ninja", kCode, ".ninja", "", ""},
    {"nix", "Nix", kCode, ".nix", "", ""},
    {"nu", "Nushell", kCode, ".nu", "", "nushell"},
    {"odin", "Odin", kCode, ".odin", "", ""},
    {"opencl", "OpenCL", kCode, ".cl .opencl", "", ""},
    {"pascal", "Pascal", kCode, ".pas .pp .dpr .lpr .dfm", "", "delphi instantfpc"},
    {"perl", "Perl", kCode, ".pl .pm .t .psgi .perl", "cpanfile", ""},
    {"powershell", "PowerShell", kCode, ".ps1 .psm1 .psd1", "", "pwsh ps1"},
    {"prisma", "Prisma", kCode, ".prisma", "", ""},
    {"prolog", "Prolog", kCode, ".prolog", "", "swipl"},
    {"properties", "Properties", kData, ".properties", "", ""},
    {"proto", "Protocol Buffers", kCode, ".proto .textproto", "", "protobuf"},
    {"pug", "Pug", kCode, ".pug .jade", "", "jade"},
    {"purescript", "PureScript", kCode, ".purs", "", ""},
    {"qml", "QML", kCode, ".qml", "", ""},
    {"r", "R", kCode, ".r .rprofile", ".Rprofile", "rscript"},
    {"racket", "Racket", kCode, ".rkt .rktl", "", ""},
    {"raku", "Raku", kCode, ".raku .rakumod .p6 .pm6", "", "perl6"},
    {"rescript", "ReScript", kCode, ".res .resi .re .rei", "", "reason"},
    {"robot", "Robot Framework", kCode, ".robot", "", ""},
    {"sass", "Sass", kCode, ".scss .sass", "", "scss"},
    {"scheme", "Scheme", kCode, ".scm .ss .sld", "", "guile"},
    {"shader", "Shader", kCode, ".glsl .vert .frag .comp .geom .tesc .tese .hlsl .wgsl .fx", "",
     "glsl hlsl wgsl"},
    {"slim", "Slim", kCode, ".slim", "", ""},
    {"smalltalk", "Smalltalk", kCode, ".st", "", "gst"},
    {"sml", "Standard ML", kCode, ".sml .fun", "", ""},
    {"solidity", "Solidity", kCode, ".sol", "", ""},
    {"sparql", "SPARQL", kCode, ".sparql .rq", "", ""},
    {"sql", "SQL", kCode, ".sql .ddl .dml .psql .pgsql .plsql .hql", "", "psql"},
    {"starlark", "Starlark", kCode, ".bzl .star .bazel", "BUILD WORKSPACE Tiltfile", "bazel"},
    {"stylus", "Stylus", kCode, ".styl", "", ""},
    {"svelte", "Svelte", kCode, ".svelte", "", ""},
    {"astro", "Astro", kCode, ".astro", "", ""},
    {"tcl", "Tcl", kCode, ".tcl .tk", "", "tclsh wish expect"},
    {"terraform", "Terraform", kCode, ".tf .tfvars .hcl .nomad", "", "hcl tf"},
    {"thrift", "Thrift", kCode, ".thrift", "", ""},
    {"twig", "Twig", kCode, ".twig", "", ""},
    {"vala", "Vala", kCode, ".vala .vapi", "", ""},
    {"vb", "Visual Basic", kCode, ".vb .vbs .bas .vba", "", "visualbasic"},
    {"verilog", "Verilog", kCode, ".v .sv .svh .vh", "", "systemverilog"},
    {"vhdl", "VHDL", kCode, ".vhd .vhdl", "", ""},
    {"vim", "Vim script", kCode, ".vim .vimrc", ".vimrc .gvimrc vimrc", "viml"},
    {"vue", "Vue", kCode, ".vue", "", ""},
    {"wat", "WebAssembly text", kCode, ".wat .wast", "", ""},
    {"xml", "XML", kData,
     ".xml .xsd .xsl .xslt .wsdl .plist .csproj .fsproj .vbproj .vcxproj .props .targets .xaml "
     ".nuspec .pom .rng",
     "", ""},
    {"yacc", "Yacc and Lex", kCode, ".y .yy .l .lex .ypp", "", "bison lex flex"},
    {"antlr", "ANTLR", kCode, ".g4", "", ""},
};

// The table with its words cut apart, and the ways into it. Immutable once built.
class LanguageTable {
 public:
  static const LanguageTable& Get() {
    static const LanguageTable table;
    return table;
  }

  std::span<const Language> languages() const { return languages_; }
  const Language* ByName(std::string_view word) const { return Find(by_name_, word); }
  const Language* ByExtension(std::string_view word) const { return Find(by_extension_, word); }
  const Language* ByFileName(std::string_view word) const { return Find(by_file_name_, word); }

 private:
  using Index = std::unordered_map<std::string_view, const Language*>;

  LanguageTable() {
    constexpr size_t kCount = std::size(kRows);
    words_.reserve(3 * kCount);
    languages_.reserve(kCount);
    for (const LanguageRow& row : kRows) {
      languages_.push_back({.name = row.name,
                            .display = row.display,
                            .family = row.family,
                            .extensions = Split(row.extensions),
                            .file_names = Split(row.file_names),
                            .aliases = Split(row.aliases)});
    }
    for (const Language& language : languages_) {
      by_name_.emplace(language.name, &language);
      for (const std::string_view word : language.aliases) by_name_.emplace(word, &language);
      for (const std::string_view word : language.extensions) {
        by_extension_.emplace(word, &language);
      }
      for (const std::string_view word : language.file_names) {
        by_file_name_.emplace(word, &language);
      }
    }
  }

  std::span<const std::string_view> Split(std::string_view list) {
    std::vector<std::string_view>& words = words_.emplace_back();
    while (!list.empty()) {
      const size_t space = std::min(list.find(' '), list.size());
      if (space > 0) words.push_back(list.substr(0, space));
      list.remove_prefix(std::min(space + 1, list.size()));
    }
    return words;
  }

  static const Language* Find(const Index& index, std::string_view word) {
    const auto it = index.find(word);
    return it == index.end() ? nullptr : it->second;
  }

  std::vector<std::vector<std::string_view>> words_;
  std::vector<Language> languages_;
  Index by_name_, by_extension_, by_file_name_;
};

bool IsWordByte(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Whether `word` occurs in `text` with no word byte directly before or after it.
bool HasWord(std::string_view text, std::string_view word) {
  for (size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const bool starts = at == 0 || !IsWordByte(text[at - 1]);
    const size_t end = at + word.size();
    if (starts && (end == text.size() || !IsWordByte(text[end]))) return true;
  }
  return false;
}

bool HasAnyWord(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return HasWord(text, word); });
}

// The language of the interpreter of a "#!" line; null without one or for an unknown interpreter.
const Language* FromShebang(std::string_view content) {
  if (content.substr(0, 2) != "#!") return nullptr;
  std::string_view line = content.substr(2, content.substr(2, 256).find('\n'));
  while (!line.empty()) {
    const size_t begin = line.find_first_not_of(" \t\r");
    if (begin == line.npos) return nullptr;
    const size_t end = std::min(line.find_first_of(" \t\r", begin), line.size());
    std::string_view word = line.substr(begin, end - begin);
    line.remove_prefix(end);
    word.remove_prefix(word.rfind('/') + 1);
    // `env -S python -u`, `env NAME=value python`: look further.
    if (word.empty() || word == "env" || word[0] == '-' || word.find('=') != word.npos) continue;
    while (!word.empty() && (word.back() == '.' || std::isdigit(word.back())))
      word.remove_suffix(1);
    return FindLanguage(AsciiLower(word));
  }
  return nullptr;
}

// Extensions that several languages use, decided by content. Returns null to keep the table's row.
const Language* FromAmbiguousExtension(std::string_view extension, std::string_view content) {
  if (extension == ".h") {
    if (HasAnyWord(content, {"@interface", "@protocol", "@class"})) return FindLanguage("objc");
    // C++ headers named .h are common and C parses as C++ more often than the reverse.
    if (HasAnyWord(content, {"class", "namespace", "template"})) return FindLanguage("cpp");
  } else if (extension == ".m") {
    const bool objc = content.empty() ||
                      HasAnyWord(content, {"@interface", "@implementation", "@protocol", "@end"}) ||
                      content.find("#import") != content.npos ||
                      content.find("#include") != content.npos;
    if (!objc) return FindLanguage("matlab");
  } else if (extension == ".v") {
    if (HasAnyWord(content, {"Require", "Theorem", "Lemma", "Qed"})) return FindLanguage("coq");
  } else if (extension == ".ts") {
    if (content.substr(0, 5) == "<?xml" || content.substr(0, 12) == "<!DOCTYPE TS") {
      return FindLanguage("xml");  // Qt translations
    }
  } else if (extension == ".pl") {
    if (content.find("\n:- ") != content.npos || content.substr(0, 3) == ":- ") {
      return FindLanguage("prolog");
    }
  } else if (extension == ".inc") {
    return FindLanguage(content.find("<?php") != content.npos ? "php" : "cpp");
  }
  return nullptr;
}

// "Dockerfile.dev", "Makefile.am", "LICENSE-MIT", "README.first": the name up to its first '.' or
// '-' names the type. Prose names match in any case.
const Language* FromNameStem(std::string_view base) {
  const std::string_view stem = base.substr(0, base.find_first_of(".-", 1));
  if (const Language* language = LanguageTable::Get().ByFileName(stem)) {
    if (language->family == LanguageFamily::kProse || language->name == "dockerfile" ||
        language->name == "makefile" || stem == base) {
      return language;
    }
  }
  std::string upper(stem);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const Language* language = LanguageTable::Get().ByFileName(upper);
  const bool prose = language != nullptr && language->family == LanguageFamily::kProse;
  return prose ? language : nullptr;
}

// Suffixes of templates that are written in the language of the name before them.
bool IsTemplateExtension(std::string_view extension) {
  constexpr std::string_view kTemplates[] = {".in",      ".tmpl",   ".tpl",  ".template",
                                             ".example", ".sample", ".dist", ".orig"};
  return IsOneOf(extension, kTemplates);
}

}  // namespace

std::span<const Language> AllLanguages() { return LanguageTable::Get().languages(); }

const Language* FindLanguage(std::string_view name) {
  return LanguageTable::Get().ByName(AsciiLower(name));
}

const Language* DetectLanguage(std::string_view path, std::string_view content_head) {
  const LanguageTable& table = LanguageTable::Get();
  std::string_view base = BaseName(path);
  if (const Language* language = table.ByFileName(base)) return language;
  const size_t dot = base.rfind('.');
  if (dot != base.npos && dot > 0) {
    const std::string extension = AsciiLower(base.substr(dot));
    if (const Language* language = FromAmbiguousExtension(extension, content_head)) return language;
    if (const Language* language = table.ByExtension(extension)) return language;
    if (IsTemplateExtension(extension)) {
      if (const Language* language = DetectLanguage(base.substr(0, dot), content_head)) {
        return language;
      }
    }
  }
  if (const Language* language = FromNameStem(base)) return language;
  return FromShebang(content_head);
}

}  // namespace sg
