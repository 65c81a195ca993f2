#include "extract/chunk_tree.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "core/text/ascii.h"
#include "core/text/unicode.h"

namespace sg {
namespace {

constexpr size_t kMaxDepth = 40;       // of visited levels; deeper code is not cut further
constexpr size_t kMaxNameBytes = 80;   // chunk.h
constexpr size_t kNamingWindow = 300;  // bytes of a definition that are read for its name
constexpr int kMaxDeclarators = 8;     // int *(*f[3])(void) has four

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

template <size_t n>
bool ContainsAny(std::string_view text, const std::array<std::string_view, n>& parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return Contains(text, part); });
}

template <size_t n>
bool EndsWithAny(std::string_view text, const std::array<std::string_view, n>& ends) {
  return std::any_of(ends.begin(), ends.end(),
                     [&](std::string_view end) { return text.ends_with(end); });
}

// Grammars name alike what is alike: these words tell the nodes that hold statements or members.
constexpr std::array<std::string_view, 17> kDescending = {
    "declaration_list",  "body",        "declarations",     "block",
    "preproc",           "namespace",   "linkage",          "compound",
    "statement",         "struct_type", "arguments",        "call",
    "anonymous",         "do_block",    "type_declaration", "template_body",
    "property_statement"};
constexpr std::array<std::string_view, 7> kAttributes = {
    "attribute_item", "inner_attribute_item", "annotation", "modifiers", "attribute",
    "decorator",      "attribute_list"};
constexpr std::array<std::string_view, 5> kNames = {"name", "constant", "word", "variable",
                                                    "value_name"};
constexpr std::array<std::string_view, 6> kNameHolders = {
    "spec", "binding", "alias", "declarator", "variable_declaration", "assignment_expression"};

SyntaxTable::NodeType DefaultNodeType(std::string_view name) {
  SyntaxTable::NodeType type;
  if (Contains(name, "comment") || name == "haddock") {
    type.role = NodeRole::kComment;
  } else if (IsOneOf(name, kAttributes)) {
    type.role = NodeRole::kAttribute;
  }
  type.descends = ContainsAny(name, kDescending);
  type.is_name = Contains(name, "identifier") || IsOneOf(name, kNames);
  type.holds_name = EndsWithAny(name, kNameHolders);
  type.is_body = Contains(name, "body") || Contains(name, "list") || name == "block" ||
                 Contains(name, "declarations");
  type.is_string = name == "string";
  type.is_statement = name == "expression_statement";
  return type;
}

void ApplyRule(const NodeRule& rule, SyntaxTable::NodeType* type) {
  type->role = rule.role;
  type->kind = rule.kind;
  type->naming = rule.naming;
  type->needs_body = rule.needs_body;
  if (rule.role == NodeRole::kEntry) type->descends = false;
}

void ApplyRules(const LanguageSyntax& syntax, std::string_view name, SyntaxTable::NodeType* type) {
  if (syntax.base != nullptr) ApplyRules(*syntax.base, name, type);
  for (const NodeRule& rule : syntax.rules) {
    if (rule.type == name) ApplyRule(rule, type);
  }
}

TSFieldId FieldId(const TSLanguage* language, std::string_view name) {
  return ts_language_field_id_for_name(language, name.data(), static_cast<uint32_t>(name.size()));
}

}  // namespace

SyntaxTable::SyntaxTable(const LanguageSyntax& syntax) : syntax_(&syntax) {
  const TSLanguage* language = syntax.grammar();
  name_field = FieldId(language, "name");
  declarator_field = FieldId(language, "declarator");
  type_field = FieldId(language, "type");
  body_field = FieldId(language, "body");
  key_field = FieldId(language, "key");
  const uint32_t count = ts_language_symbol_count(language);
  types_.resize(count + 1);
  for (uint32_t symbol = 0; symbol < count; ++symbol) {
    const auto id = static_cast<TSSymbol>(symbol);
    if (ts_language_symbol_type(language, id) != TSSymbolTypeRegular) continue;
    const std::string_view name = ts_language_symbol_name(language, id);
    types_[symbol] = DefaultNodeType(name);
    ApplyRules(syntax, name, &types_[symbol]);
  }
}

namespace {

// --- names -----------------------------------------------------------------------------------

bool IsWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }
bool IsWordStart(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }

size_t SkipSpace(std::string_view text, size_t at) {
  while (at < text.size() && IsAsciiSpace(text[at])) ++at;
  return at;
}

std::string_view FirstLine(std::string_view text) { return text.substr(0, text.find('\n')); }

// [A-Za-z_$][\w$]* at `at`; empty if there is none.
std::string_view WordAt(std::string_view text, size_t at) {
  if (at >= text.size() || !(IsWordStart(text[at]) || text[at] == '$')) return {};
  size_t end = at;
  while (end < text.size() && (IsWord(text[end]) || text[end] == '$')) ++end;
  return text.substr(at, end - at);
}

std::string_view AfterLast(std::string_view text, std::string_view separators) {
  const size_t at = text.find_last_of(separators);
  return at == std::string_view::npos ? text : text.substr(at + 1);
}

// `a.b.NAME = value`, but not `a == b`; with `annotated` also `NAME: type`.
std::string_view NameLeftOfEquals(std::string_view text, bool annotated) {
  size_t end = 0;
  while (end < text.size() && (IsWord(text[end]) || text[end] == '$' || text[end] == '.')) ++end;
  if (end == 0 || !(IsWordStart(text[0]) || text[0] == '$')) return {};
  const size_t equals = SkipSpace(text, end);
  if (equals >= text.size()) return {};
  if (text[equals] != '=' && !(annotated && text[equals] == ':')) return {};
  if (equals + 1 < text.size() && text[equals + 1] == '=') return {};
  return AfterLast(text.substr(0, end), ".");
}

constexpr std::array<std::string_view, 7> kBindingWords = {
    "pub", "export", "local", "extern", "threadlocal", "const", "var"};

// `pub const NAME: T = ...`, `local NAME = ...`, `M.NAME = ...`.
std::string_view NameOfBinding(std::string_view text) {
  size_t at = 0;
  while (true) {
    const std::string_view word = WordAt(text, at);
    if (word.empty()) return {};
    const size_t next = SkipSpace(text, at + word.size());
    if (!IsOneOf(word, kBindingWords) || WordAt(text, next).empty()) break;
    at = next;
  }
  size_t end = at;
  while (end < text.size() && (IsWord(text[end]) || text[end] == '.' || text[end] == ':')) ++end;
  std::string_view path = text.substr(at, end - at);
  const size_t next = SkipSpace(text, end);
  if (text.substr(next).starts_with("==")) return {};
  const bool ends_here = next < text.size() && (text[next] == '=' || text[next] == ':');
  if (!ends_here) {  // `name: type` was read too far
    const size_t colon = path.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return {};
    path = path.substr(0, colon);
  }
  while (path.ends_with(':')) path.remove_suffix(1);
  return AfterLast(path, ".:");
}

constexpr std::array<std::string_view, 7> kNamingWords = {"const",  "let",    "var",  "val",
                                                          "static", "define", "final"};
constexpr std::array<std::string_view, 7> kWordsBeforeNames = {
    "mut", "ref", "readonly", "lazy", "override", "private", "public"};

// The word after the last of `const`, `static`, `let`, ... that stand in a row.
std::string_view NameAfterKeyword(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (!IsWordStart(text[at])) {
      ++at;
      continue;
    }
    const std::string_view word = WordAt(text, at);
    at += word.size();
    if (!IsOneOf(word, kNamingWords) || at >= text.size() || !IsAsciiSpace(text[at])) continue;
    at = SkipSpace(text, at);
    std::string_view name = WordAt(text, at);
    while (IsOneOf(name, kWordsBeforeNames)) {
      at = SkipSpace(text, at + name.size());
      name = WordAt(text, at);
    }
    if (IsOneOf(name, kNamingWords)) continue;
    return name;
  }
  return {};
}

class OutlineBuilder {
 public:
  OutlineBuilder(const SyntaxTable& table, const SourceText& source, const ChunkOptions& options)
      : table_(table),
        text_(source.utf8),
        options_(options),
        outline_(static_cast<uint32_t>(source.line_count())) {
    outline_.is_document = table.syntax().is_document;
    scopes_.emplace_back();
  }

  Outline Build(TSNode root) {
    TSTreeCursor cursor = ts_tree_cursor_new(root);
    Walk(&cursor);
    ts_tree_cursor_delete(&cursor);
    if (outline_.is_document) NestHeadings(&outline_);
    return std::move(outline_);
  }

 private:
  // One visited level of the tree.
  struct Frame {
    uint32_t scope = 0;  // in scopes_
    bool in_function = false;
    bool in_container = false;  // the nodes are the parts of a class: its name, its body
    // Rows of the comments and attributes that wait for the node they belong to.
    bool pending = false;
    bool pending_defines = false;  // one of them is a definition: `@type t`, `f :: Int`
    uint32_t pending_begin = 0;
    uint32_t pending_end = 0;
    // A wrapper (`export`, `template`) whose definition has not come yet begins here.
    bool wrapped = false;
    uint32_t wrapper_begin = 0;
  };
  // A node being visited, with what is known of it.
  struct Visit {
    TSNode node;
    SyntaxTable::NodeType type;
    NodeMeaning meaning;
    uint32_t row_begin = 0;
    uint32_t row_end = 0;
    uint32_t bytes = 0;
    uint32_t row_attached = 0;

    bool Defines(NodeRole role) const { return meaning.role == role; }
  };

  void Walk(TSTreeCursor* cursor) {
    if (!ts_tree_cursor_goto_first_child(cursor)) return;
    frames_.push_back({});
    while (true) {
      const TSNode node = ts_tree_cursor_current_node(cursor);
      Frame child;
      if (ts_node_is_named(node) && VisitNode(node, &child) &&
          ts_tree_cursor_goto_first_child(cursor)) {
        frames_.push_back(child);
        continue;
      }
      while (!ts_tree_cursor_goto_next_sibling(cursor)) {
        if (frames_.size() == 1 || !ts_tree_cursor_goto_parent(cursor)) return;
        PopFrame();
      }
    }
  }

  // A comment that ends a block may belong to what follows the block.
  void PopFrame() {
    const Frame child = frames_.back();
    frames_.pop_back();
    Frame& frame = frames_.back();
    if (!child.pending || frame.pending) return;
    frame.pending = true;
    frame.pending_defines = child.pending_defines;
    frame.pending_begin = child.pending_begin;
    frame.pending_end = child.pending_end;
  }

  // Records `node`; returns true, and the frame of its children, if they are to be visited.
  bool VisitNode(TSNode node, Frame* child) {
    Frame& frame = frames_.back();
    Visit visit = Measure(node);
    if (visit.Defines(NodeRole::kGroup)) {
      *child = frame;
      frame.pending = frame.wrapped = false;
      return frames_.size() <= kMaxDepth;
    }
    if (visit.meaning.is_comment) MarkComment(visit.row_begin, visit.row_end);
    if (visit.Defines(NodeRole::kComment) || visit.Defines(NodeRole::kAttribute)) {
      Attach(visit, &frame);
      return false;
    }
    if (visit.meaning.name.empty()) Name(frame, &visit);
    if (visit.Defines(NodeRole::kVariable) && frame.in_function) visit.meaning.name = {};
    const bool attached = frame.pending && visit.row_begin <= frame.pending_end + 1;
    visit.row_attached = attached ? frame.pending_begin : visit.row_begin;
    frame.pending = false;
    if (ExtendsEquations(visit)) {
      outline_.AddCut(visit.row_attached, Cut::kStatement);
      return false;
    }
    AddCutBefore(visit, &frame);
    if (!visit.meaning.name.empty()) AddDefinition(visit, frame);
    if (table_.syntax().docstrings) MarkDocstring(visit);
    if (visit.Defines(NodeRole::kAtomic)) GlueRows(visit);
    if (!Descends(visit, frame)) return false;
    *child = ChildFrame(visit, frame);
    return true;
  }

  Visit Measure(TSNode node) {
    Visit visit{.node = node, .type = table_.type(node), .meaning = {}};
    const TSPoint begin = ts_node_start_point(node), end = ts_node_end_point(node);
    visit.row_begin = begin.row;
    visit.row_end = end.column == 0 && end.row > begin.row ? end.row - 1 : end.row;
    visit.row_begin = std::min(visit.row_begin, LastRow());
    visit.row_end = std::min(visit.row_end, LastRow());
    visit.bytes = ts_node_end_byte(node) - ts_node_start_byte(node);
    visit.meaning.role = visit.type.role;
    visit.meaning.kind = visit.type.kind;
    if (visit.type.role == NodeRole::kSpecial) {
      visit.meaning = table_.syntax().special({.node = node, .source = text_});
      visit.type.naming = visit.meaning.naming;
    }
    if (visit.meaning.role == NodeRole::kComment) visit.meaning.is_comment = true;
    return visit;
  }

  uint32_t LastRow() const { return outline_.row_count() - 1; }

  void MarkComment(uint32_t row_begin, uint32_t row_end) {
    for (uint32_t row = row_begin; row <= row_end; ++row) outline_.comment_rows[row] = true;
  }

  void Attach(const Visit& visit, Frame* frame) {
    const bool defines = !visit.meaning.name.empty();
    const bool continues = frame->pending && visit.row_begin <= frame->pending_end + 1 &&
                           !(frame->pending_defines && (defines || visit.meaning.is_comment));
    if (!continues) {
      frame->pending_begin = visit.row_begin;
      frame->pending_defines = false;
    }
    frame->pending = true;
    frame->pending_defines |= defines;
    frame->pending_end = visit.row_end;
    const bool is_long = visit.meaning.is_comment && visit.row_end > visit.row_begin &&
                         visit.bytes > options_.max_bytes;
    if (is_long || (visit.meaning.cut_before && !continues && !frame->wrapped)) {
      outline_.AddCut(visit.row_begin, Cut::kStatement);
    }
    if (defines && !frame->in_function) {
      Visit definition = visit;
      definition.row_attached = frame->pending_begin;
      AddDefinition(definition, *frame);
    }
  }

  // True if `visit` continues the definition before it, which then reaches to its end.
  bool ExtendsEquations(const Visit& visit) {
    if (!table_.syntax().equations || !visit.Defines(NodeRole::kFunction)) return false;
    if (outline_.definitions.empty()) return false;
    OutlinedDefinition& before = outline_.definitions.back();
    if (before.row_end + 1 < visit.row_begin || before.row_begin >= visit.row_begin) return false;
    if (before.definition.kind != DefinitionKind::kFunction) return false;
    if (before.definition.name != visit.meaning.name) return false;
    if (before.is_signature) {  // of its own row: the first equation makes the definition
      before.is_signature = false;
      outline_.AddCut(visit.row_attached, Cut::kDefinition);
    }
    before.row_end = visit.row_end;
    before.definition.line_end = visit.row_end + 1;
    return true;
  }

  static bool IsDefinition(const Visit& visit) {
    return visit.Defines(NodeRole::kFunction) || visit.Defines(NodeRole::kContainer);
  }
  // Definitions before which a chunk that is large enough ends.
  static bool IsMajor(const Visit& visit) {
    return IsDefinition(visit) ||
           (visit.Defines(NodeRole::kVariable) && !visit.meaning.name.empty() &&
            visit.meaning.kind != DefinitionKind::kVariable &&
            visit.meaning.kind != DefinitionKind::kDeclaration);
  }

  void AddCutBefore(const Visit& visit, Frame* frame) {
    uint32_t row = visit.row_attached;
    if (frame->wrapped) {
      if (!IsDefinition(visit) && !visit.Defines(NodeRole::kVariable)) return;
      row = frame->wrapper_begin;
      frame->wrapped = false;
    }
    outline_.AddCut(row, IsMajor(visit) ? Cut::kDefinition : Cut::kStatement);
  }

  void AddDefinition(const Visit& visit, const Frame& frame) {
    OutlinedDefinition outlined;
    outlined.definition.name = CleanName(visit.meaning.name);
    if (outlined.definition.name.empty()) return;
    outlined.definition.kind = visit.meaning.kind;
    outlined.definition.line_begin = visit.row_begin + 1;
    outlined.definition.line_end = visit.row_end + 1;
    outlined.definition.scope = scopes_[frame.scope];
    outlined.row_begin = visit.row_begin;
    outlined.row_end = visit.row_end;
    outlined.row_attached = visit.row_attached;
    outlined.level = visit.meaning.level;
    outlined.is_signature = visit.Defines(NodeRole::kAttribute);
    outlined.row_body = visit.row_begin + 1;
    const TSNode body = ts_node_child_by_field_id(visit.node, table_.body_field);
    if (!ts_node_is_null(body)) {
      outlined.row_body = std::max(ts_node_start_point(body).row, visit.row_begin + 1);
    }
    if (!outline_.definitions.empty() && IsSame(outline_.definitions.back(), outlined)) return;
    outline_.definitions.push_back(std::move(outlined));
  }

  // `x = ...` is a statement and, inside it, an assignment.
  static bool IsSame(const OutlinedDefinition& a, const OutlinedDefinition& b) {
    return a.row_begin == b.row_begin && a.definition.name == b.definition.name &&
           a.definition.kind == b.definition.kind;
  }

  std::string CleanName(std::string_view name) const {
    if (outline_.is_document) return CleanHeading(name);
    name = FirstLine(name);
    while (!name.empty() && (IsAsciiSpace(name.back()) || name.back() == ','))
      name.remove_suffix(1);
    return std::string(ClipUtf8(name, kMaxNameBytes));
  }

  // Without tags and marks of emphasis, on one line.
  static std::string CleanHeading(std::string_view heading) {
    std::string clean;
    bool in_tag = false, after_space = true;
    for (size_t i = 0; i < heading.size() && clean.size() < 2 * kMaxNameBytes; ++i) {
      const char c = heading[i];
      if (c == '<') in_tag = heading.find('>', i) != std::string_view::npos;
      if (!in_tag && c != '`' && c != '*' && !(IsAsciiSpace(c) && after_space)) {
        clean += IsAsciiSpace(c) ? ' ' : c;
        after_space = IsAsciiSpace(c);
      }
      if (c == '>') in_tag = false;
    }
    while (!clean.empty() && (clean.back() == ' ' || clean.back() == '#')) clean.pop_back();
    clean.resize(ClipUtf8(clean, kMaxNameBytes).size());
    return clean;
  }

  void MarkDocstring(const Visit& visit) {
    if (!IsDefinition(visit)) return;
    const TSNode body = ts_node_child_by_field_id(visit.node, table_.body_field);
    if (ts_node_is_null(body)) return;
    const TSNode statement = ts_node_named_child(body, 0);
    if (ts_node_is_null(statement) || !table_.type(statement).is_statement) return;
    const TSNode string = ts_node_named_child(statement, 0);
    if (ts_node_is_null(string) || !table_.type(string).is_string) return;
    MarkComment(ts_node_start_point(statement).row,
                std::min(ts_node_end_point(statement).row, LastRow()));
  }

  void GlueRows(const Visit& visit) {
    if (visit.bytes > kMaxAtomicBytes) return;
    for (uint32_t row = visit.row_begin + 1; row <= visit.row_end; ++row) {
      outline_.glued_rows[row] = true;
    }
  }

  bool Descends(const Visit& visit, const Frame& frame) const {
    if (frames_.size() > kMaxDepth) return false;
    if (visit.row_end == visit.row_begin) {
      return visit.Defines(NodeRole::kWrapper) || (frame.in_container && visit.type.is_body);
    }
    if (visit.Defines(NodeRole::kAtomic) && visit.bytes <= kMaxAtomicBytes) return false;
    if (visit.bytes > options_.max_bytes) return true;
    if (visit.Defines(NodeRole::kContainer) || visit.Defines(NodeRole::kWrapper)) return true;
    if (visit.Defines(NodeRole::kVariable) && visit.meaning.kind == DefinitionKind::kClass &&
        !visit.meaning.name.empty()) {
      return true;
    }
    if (table_.syntax().descend_from_root && frames_.size() == 1) {
      return !visit.Defines(NodeRole::kEntry);
    }
    return visit.type.descends && !frame.in_function;
  }

  Frame ChildFrame(const Visit& visit, const Frame& frame) {
    Frame child;
    child.in_function = frame.in_function || visit.Defines(NodeRole::kFunction) ||
                        (visit.Defines(NodeRole::kVariable) && !visit.meaning.name.empty() &&
                         visit.meaning.kind == DefinitionKind::kFunction);
    child.in_container = visit.Defines(NodeRole::kContainer);
    child.scope = frame.scope;
    const bool is_scope = visit.Defines(NodeRole::kContainer) || visit.Defines(NodeRole::kEntry) ||
                          visit.meaning.kind == DefinitionKind::kClass;
    if (is_scope && !visit.meaning.name.empty()) {
      child.scope = AddScope(scopes_[frame.scope], visit.meaning.name);
    }
    if (visit.Defines(NodeRole::kWrapper)) {
      child.wrapped = true;
      child.wrapper_begin = frame.wrapped ? frame.wrapper_begin : visit.row_attached;
    }
    return child;
  }

  uint32_t AddScope(const std::string& parent, std::string_view name) {
    std::string scope = parent;
    if (!scope.empty()) scope += outline_.is_document ? " > " : ".";
    scope += CleanName(name);
    scopes_.push_back(std::move(scope));
    return static_cast<uint32_t>(scopes_.size() - 1);
  }

  // --- what a definition is called -------------------------------------------------------------

  void Name(const Frame& frame, Visit* visit) const {
    if (visit->type.naming == Naming::kNone) return;
    if (visit->Defines(NodeRole::kVariable)) {
      if (!frame.in_function) NameVariable(visit);
      return;
    }
    if (visit->type.needs_body && !HasBody(visit->node)) return;
    if (IsDefinition(*visit) || visit->Defines(NodeRole::kEntry)) {
      visit->meaning.name = NameBy(visit->type.naming, *visit);
    }
  }

  // A variable that holds a function or a type is one.
  void NameVariable(Visit* visit) const {
    visit->meaning.name = NameBy(visit->type.naming, *visit);
    if (visit->meaning.name.empty() || visit->meaning.kind == DefinitionKind::kDeclaration) return;
    const std::string_view head = ClipUtf8(NodeText(visit->node), kNamingWindow / 2);
    if (Contains(head, "=>") || HoldsFunction(head)) {
      visit->meaning.kind = DefinitionKind::kFunction;
    }
    if (visit->type.naming == Naming::kBinding && HoldsZigType(head)) {
      visit->meaning.kind = DefinitionKind::kClass;
    }
  }

  static bool HoldsFunction(std::string_view head) {
    for (std::string_view word : {std::string_view("function"), std::string_view("fn")}) {
      for (size_t at = head.find(word); at != std::string_view::npos;
           at = head.find(word, at + 1)) {
        const size_t end = at + word.size();
        const bool starts = at == 0 || !IsWord(head[at - 1]);
        const bool ends = end == head.size() || !IsWord(head[end]);
        if (!starts || !ends) continue;
        const size_t next = SkipSpace(head, end);
        if (word == "function" || (next < head.size() && head[next] == '(')) return true;
      }
    }
    return false;
  }

  static bool HoldsZigType(std::string_view head) {
    const size_t equals = head.find('=');
    if (equals == std::string_view::npos) return false;
    std::string_view value = head.substr(SkipSpace(head, equals + 1));
    for (std::string_view prefix : {"packed ", "extern "}) {
      if (value.starts_with(prefix)) value.remove_prefix(prefix.size());
    }
    const std::string_view word = WordAt(value, 0);
    return word == "struct" || word == "enum" || word == "union" || word == "opaque";
  }

  std::string_view NameBy(Naming naming, const Visit& visit) const {
    const std::string_view text = NodeText(visit.node).substr(0, kNamingWindow);
    switch (naming) {
      case Naming::kNone: return {};
      case Naming::kLeftOfEquals: return NameLeftOfEquals(text, /*annotated=*/false);
      case Naming::kAnnotated: return NameLeftOfEquals(text, /*annotated=*/true);
      case Naming::kBinding: return NameOfBinding(text);
      case Naming::kKey: return Unquote(FirstLine(FieldText(visit.node, table_.key_field)));
      case Naming::kFirstChild: {
        const TSNode child = ts_node_named_child(visit.node, 0);
        if (ts_node_is_null(child)) return {};
        const std::string_view name = NodeText(child);
        return name.substr(0, name.find_first_of(" \t\n"));
      }
      case Naming::kHead: return FirstLine(text.substr(0, text.find('{')));
      case Naming::kKeyword: {
        const std::string_view name = NameAfterKeyword(text);
        return name.empty() ? NameFromGrammar(visit.node, visit.meaning.kind, 0) : name;
      }
      case Naming::kGrammar: return NameFromGrammar(visit.node, visit.meaning.kind, 0);
    }
    return {};
  }

  static std::string_view Unquote(std::string_view text) {
    if (text.size() >= 2 && (text[0] == '"' || text[0] == '\'') && text.back() == text[0]) {
      return text.substr(1, text.size() - 2);
    }
    return text;
  }

  std::string_view NodeText(TSNode node) const {
    return SyntaxNode{.node = node, .source = text_}.Text();
  }
  std::string_view FieldText(TSNode node, TSFieldId field) const {
    const TSNode child = ts_node_child_by_field_id(node, field);
    return ts_node_is_null(child) ? std::string_view() : NodeText(child);
  }

  // The first named child for which `accept` is true; null if there is none. O(children).
  template <typename Accept>
  static TSNode FindNamedChild(TSNode node, const Accept& accept) {
    TSTreeCursor cursor = ts_tree_cursor_new(node);
    TSNode found = {};
    if (ts_tree_cursor_goto_first_child(&cursor)) {
      do {
        const TSNode child = ts_tree_cursor_current_node(&cursor);
        if (ts_node_is_named(child) && accept(child)) {
          found = child;
          break;
        }
      } while (ts_tree_cursor_goto_next_sibling(&cursor));
    }
    ts_tree_cursor_delete(&cursor);
    return found;
  }

  bool HasBody(TSNode node) const {
    return !ts_node_is_null(
        FindNamedChild(node, [&](TSNode child) { return table_.type(child).is_body; }));
  }

  std::string_view NameFromGrammar(TSNode node, DefinitionKind kind, int depth) const {
    TSNode name = ts_node_child_by_field_id(node, table_.name_field);
    if (ts_node_is_null(name)) name = InnermostDeclarator(node);
    if (ts_node_is_null(name) && kind == DefinitionKind::kImpl) {
      name = ts_node_child_by_field_id(node, table_.type_field);
    }
    if (!ts_node_is_null(name)) return Unquote(FirstLine(NodeText(name)));
    if (depth >= kMaxDeclarators) return {};
    std::string_view text;
    const auto take = [&](TSNode child, bool names) {
      const SyntaxTable::NodeType& type = table_.type(child);
      if (names && type.is_name) text = FirstLine(NodeText(child));
      if (!type.is_name && type.holds_name) text = NameFromGrammar(child, kind, depth + 1);
      return !text.empty();
    };
    if (depth > 0) {  // `Type name = ...`: what holds the name goes before the type
      FindNamedChild(node, [&](TSNode child) { return take(child, /*names=*/false); });
    }
    if (text.empty()) {
      FindNamedChild(node, [&](TSNode child) { return take(child, /*names=*/true); });
    }
    return text;
  }

  // Follows the declarators of C and its kin: `int *(*name[3])(void)`; null if there is none.
  TSNode InnermostDeclarator(TSNode node) const {
    TSNode inner = ts_node_child_by_field_id(node, table_.declarator_field);
    for (int i = 0; i < kMaxDeclarators && !ts_node_is_null(inner); ++i) {
      if (!table_.type(inner).holds_name) return inner;
      const TSNode name = ts_node_child_by_field_id(inner, table_.name_field);
      if (!ts_node_is_null(name)) return name;
      TSNode next = ts_node_child_by_field_id(inner, table_.declarator_field);
      if (ts_node_is_null(next)) {  // reference and parenthesized declarators have no field
        next = FindNamedChild(inner, [&](TSNode child) {
          const SyntaxTable::NodeType& type = table_.type(child);
          return type.is_name || type.holds_name;
        });
      }
      if (ts_node_is_null(next)) return inner;
      inner = next;
    }
    return inner;
  }

  static constexpr uint32_t kMaxAtomicBytes = 16 << 10;  // larger fences and tables are cut

  const SyntaxTable& table_;
  std::string_view text_;
  const ChunkOptions& options_;
  Outline outline_;
  std::vector<std::string> scopes_;
  std::vector<Frame> frames_;
};

}  // namespace

Outline OutlineTree(const SyntaxTable& table, TSNode root, const SourceText& source,
                    const ChunkOptions& options) {
  return OutlineBuilder(table, source, options).Build(root);
}

}  // namespace sg
