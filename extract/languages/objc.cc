#include "extract/chunk_syntax.h"
#include "extract/languages/c_declaration.h"

extern "C" const TSLanguage* tree_sitter_objc(void);

namespace sg {
namespace {

// `@property (copy) NSString *name;`, `@property void (^done)(NSError *);`
std::string_view PropertyName(std::string_view text) {
  size_t begin = text.find("(^");
  if (begin != std::string_view::npos) {
    begin += 2;
  } else {
    const size_t end = text.find_last_not_of(" \t\n;");
    begin = text.find_last_of(" \t\n*)", end) + 1;
  }
  return text.substr(begin, text.find_first_of(" \t\n;),", begin) - begin);
}

NodeMeaning Meaning(const SyntaxNode& node) {
  if (node.type() != "property_declaration") return MeaningOfDeclaration(node);
  return {.role = NodeRole::kVariable,
          .kind = DefinitionKind::kVariable,
          .name = PropertyName(node.Text())};
}

constexpr NodeRule kRules[] = {
    FunctionNode("method_declaration"),
    FunctionNode("method_definition"),
    ContainerNode("class_interface"),
    ContainerNode("protocol_declaration"),
    ContainerNode("class_implementation", DefinitionKind::kImpl),
    RoleNode("implementation_definition", NodeRole::kWrapper),
    RoleNode("property_declaration", NodeRole::kSpecial),
};

}  // namespace

extern const LanguageSyntax kCSyntax;
extern const LanguageSyntax kObjcSyntax;
const LanguageSyntax kObjcSyntax = {
    .name = "objc",
    .grammar = tree_sitter_objc,
    .base = &kCSyntax,
    .rules = kRules,
    .special = Meaning,
};

}  // namespace sg
