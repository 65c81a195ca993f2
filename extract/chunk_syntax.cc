#include "extract/chunk_syntax.h"

#include <array>

namespace sg {

extern const LanguageSyntax kPythonSyntax;
extern const LanguageSyntax kRustSyntax;
extern const LanguageSyntax kCSyntax;
extern const LanguageSyntax kCppSyntax;
extern const LanguageSyntax kGoSyntax;
extern const LanguageSyntax kJavaSyntax;
extern const LanguageSyntax kJavaScriptSyntax;
extern const LanguageSyntax kTypeScriptSyntax;
extern const LanguageSyntax kTsxSyntax;
extern const LanguageSyntax kRubySyntax;
extern const LanguageSyntax kPhpSyntax;
extern const LanguageSyntax kCSharpSyntax;
extern const LanguageSyntax kSwiftSyntax;
extern const LanguageSyntax kKotlinSyntax;
extern const LanguageSyntax kScalaSyntax;
extern const LanguageSyntax kObjcSyntax;
extern const LanguageSyntax kHaskellSyntax;
extern const LanguageSyntax kBashSyntax;
extern const LanguageSyntax kLuaSyntax;
extern const LanguageSyntax kElixirSyntax;
extern const LanguageSyntax kZigSyntax;
extern const LanguageSyntax kOcamlSyntax;
extern const LanguageSyntax kJuliaSyntax;
extern const LanguageSyntax kJsonSyntax;
extern const LanguageSyntax kYamlSyntax;
extern const LanguageSyntax kTomlSyntax;
extern const LanguageSyntax kHtmlSyntax;
extern const LanguageSyntax kCssSyntax;
extern const LanguageSyntax kMarkdownSyntax;

namespace {

constexpr std::array kSyntaxes = {
    &kPythonSyntax, &kRustSyntax,       &kCSyntax,          &kCppSyntax,      &kGoSyntax,
    &kJavaSyntax,   &kJavaScriptSyntax, &kTypeScriptSyntax, &kTsxSyntax,      &kRubySyntax,
    &kPhpSyntax,    &kCSharpSyntax,     &kSwiftSyntax,      &kKotlinSyntax,   &kScalaSyntax,
    &kObjcSyntax,   &kHaskellSyntax,    &kBashSyntax,       &kLuaSyntax,      &kElixirSyntax,
    &kZigSyntax,    &kOcamlSyntax,      &kJuliaSyntax,      &kJsonSyntax,     &kYamlSyntax,
    &kTomlSyntax,   &kHtmlSyntax,       &kCssSyntax,        &kMarkdownSyntax,
};

}  // namespace

std::span<const LanguageSyntax* const> AllSyntaxes() { return kSyntaxes; }

const LanguageSyntax* FindSyntax(std::string_view language_name) {
  for (const LanguageSyntax* syntax : kSyntaxes) {
    if (syntax->name == language_name) return syntax;
  }
  return nullptr;
}

}  // namespace sg
