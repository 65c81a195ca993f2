// Elixir has no syntax for definitions: `defmodule` and `def` are calls, `@doc` is an operator.

#include <array>
#include <cctype>

#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_elixir(void);

namespace sg {
namespace {

struct Macro {
  std::string_view word;
  NodeRole role;
};
constexpr Macro kMacros[] = {
    {"defmodule", NodeRole::kContainer}, {"defprotocol", NodeRole::kContainer},
    {"defimpl", NodeRole::kContainer},   {"def", NodeRole::kFunction},
    {"defp", NodeRole::kFunction},       {"defmacro", NodeRole::kFunction},
    {"defmacrop", NodeRole::kFunction},  {"defguard", NodeRole::kFunction},
    {"defguardp", NodeRole::kFunction},  {"defdelegate", NodeRole::kFunction},
};
constexpr std::array<std::string_view, 5> kTypeAttributes = {"type", "typep", "opaque", "callback",
                                                             "macrocallback"};

bool IsNameByte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '!' ||
         c == '?';
}

// Takes the word at the start of `*text` and the blanks after it.
std::string_view TakeName(std::string_view* text) {
  size_t end = 0;
  while (end < text->size() && IsNameByte((*text)[end])) ++end;
  const std::string_view name = text->substr(0, end);
  text->remove_prefix(end);
  while (!text->empty() && (text->front() == ' ' || text->front() == '\n')) text->remove_prefix(1);
  return name;
}

// `def name(...)`, `defmodule A.B do`.
NodeMeaning OfCall(std::string_view text) {
  const std::string_view word = TakeName(&text);
  for (const Macro& macro : kMacros) {
    if (macro.word != word) continue;
    const std::string_view name = TakeName(&text);
    if (name.empty()) return {};
    return {.role = macro.role,
            .kind = macro.role == NodeRole::kContainer ? DefinitionKind::kClass
                                                       : DefinitionKind::kFunction,
            .name = name};
  }
  return {};
}

// `@doc "..."`, `@spec ...`, `@type t :: ...`: all belong to what comes next.
NodeMeaning OfAttribute(std::string_view text) {
  NodeMeaning meaning{.role = NodeRole::kAttribute, .cut_before = true};
  meaning.is_comment =
      text.starts_with("@moduledoc") || text.starts_with("@doc") || text.starts_with("@typedoc");
  if (!text.starts_with('@')) return meaning;
  text.remove_prefix(1);
  const std::string_view word = TakeName(&text);
  for (std::string_view attribute : kTypeAttributes) {
    if (word != attribute) continue;
    meaning.kind = DefinitionKind::kType;
    meaning.name = TakeName(&text);
  }
  return meaning;
}

NodeMeaning Meaning(const SyntaxNode& node) {
  const std::string_view text = node.Text();
  return node.type() == "call" ? OfCall(text) : OfAttribute(text);
}

constexpr NodeRule kRules[] = {
    RoleNode("call", NodeRole::kSpecial),
    RoleNode("unary_operator", NodeRole::kSpecial),
};

}  // namespace

extern const LanguageSyntax kElixirSyntax;
const LanguageSyntax kElixirSyntax = {
    .name = "elixir",
    .grammar = tree_sitter_elixir,
    .rules = kRules,
    .special = Meaning,
};

}  // namespace sg
