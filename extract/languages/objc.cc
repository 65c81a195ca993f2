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
    FunctionNode("preproc_function_def"),
    SpecifierNode("struct_specifier"),
    SpecifierNode("enum_specifier"),
    SpecifierNode("union_specifier"),
    ContainerNode("type_definition"),
    VariableNode("preproc_def"),
    RoleNode("field_declaration", NodeRole::kSpecial),
    RoleNode("declaration", NodeRole::kSpecial),
    VariableNode("expression_statement", Naming::kLeftOfEquals),
    FunctionNode("function_definition"),
    FunctionNode("method_declaration"),
    FunctionNode("method_definition"),
    ContainerNode("class_interface"),
    ContainerNode("protocol_declaration"),
    ContainerNode("class_implementation", DefinitionKind::kImpl),
    RoleNode("implementation_definition", NodeRole::kWrapper),
    RoleNode("property_declaration", NodeRole::kSpecial),
};

}  // namespace

extern const LanguageSyntax kObjcSyntax;
const LanguageSyntax kObjcSyntax = {
    .name = "objc",
    .grammar = tree_sitter_objc,
    .rules = kRules,
    .special = Meaning,
};

}  // namespace sg
