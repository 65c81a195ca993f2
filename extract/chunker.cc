#include "extract/chunker.h"

#include <tree_sitter/api.h>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "extract/chunk_merge.h"
#include "extract/chunk_outline.h"
#include "extract/chunk_structure.h"
#include "extract/chunk_syntax.h"
#include "extract/chunk_tree.h"

namespace sg {
namespace {

using Clock = std::chrono::steady_clock;

struct ParserDeleter {
  void operator()(TSParser* parser) const { ts_parser_delete(parser); }
};
struct TreeDeleter {
  void operator()(TSTree* tree) const { ts_tree_delete(tree); }
};
using TreePtr = std::unique_ptr<TSTree, TreeDeleter>;

// The parser of one language with its resolved rules.
struct LanguageParser {
  explicit LanguageParser(const LanguageSyntax& syntax) : table(syntax), parser(ts_parser_new()) {
    ts_parser_set_language(parser.get(), syntax.grammar());
  }
  SyntaxTable table;
  std::unique_ptr<TSParser, ParserDeleter> parser;
};

const char* ReadAll(void* payload, uint32_t byte, TSPoint, uint32_t* size) {
  const auto* text = static_cast<const std::string_view*>(payload);
  if (byte >= text->size()) {
    *size = 0;
    return "";
  }
  *size = static_cast<uint32_t>(text->size() - byte);
  return text->data() + byte;
}

bool IsLate(TSParseState* state) {
  return Clock::now() > *static_cast<const Clock::time_point*>(state->payload);
}

// Returns null on time-out.
TreePtr Parse(TSParser* parser, std::string_view text, uint64_t timeout_us) {
  Clock::time_point deadline = Clock::now() + std::chrono::microseconds(timeout_us);
  const TSInput input{
      .payload = &text, .read = ReadAll, .encoding = TSInputEncodingUTF8, .decode = nullptr};
  const TSParseOptions options{.payload = &deadline, .progress_callback = IsLate};
  TreePtr tree(ts_parser_parse_with_options(parser, /*old_tree=*/nullptr, input, options));
  if (!tree) ts_parser_reset(parser);
  return tree;
}

}  // namespace

struct Chunker::Impl {
  ChunkOptions options;
  std::vector<std::unique_ptr<LanguageParser>> parsers;  // few: searched linearly

  LanguageParser& ParserFor(const LanguageSyntax& syntax) {
    for (const auto& parser : parsers) {
      if (&parser->table.syntax() == &syntax) return *parser;
    }
    return *parsers.emplace_back(std::make_unique<LanguageParser>(syntax));
  }
};

Chunker::Chunker(const ChunkOptions& options) : impl_(std::make_unique<Impl>()) {
  impl_->options = options;
}
Chunker::~Chunker() = default;
Chunker::Chunker(Chunker&&) noexcept = default;
Chunker& Chunker::operator=(Chunker&&) noexcept = default;

ChunkedFile Chunker::Chunk(const SourceText& source) {
  if (source.line_count() == 0) return {};
  if (const LanguageSyntax* syntax = FindSyntax(source.language->name)) {
    LanguageParser& parser = impl_->ParserFor(*syntax);
    if (TreePtr tree = Parse(parser.parser.get(), source.utf8, impl_->options.parse_timeout_us)) {
      const Outline outline =
          OutlineTree(parser.table, ts_tree_root_node(tree.get()), source, impl_->options);
      ChunkedFile file = MergeOutline(outline, source, impl_->options);
      file.parsed = true;
      return file;
    }
  }
  return MergeOutline(OutlineStructure(source), source, impl_->options);
}

std::vector<std::string_view> ParsedLanguages() {
  std::vector<std::string_view> names;
  for (const LanguageSyntax* syntax : AllSyntaxes()) names.push_back(syntax->name);
  return names;
}

}  // namespace sg
