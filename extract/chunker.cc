#include "extract/chunker.h"

#include <time.h>
#include <tree_sitter/api.h>

#include <algorithm>
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

// Seconds of this thread's CPU: what a file is given must not depend on who else is busy.
double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

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

// A text that is being parsed and the time at which the parser is to give up.
struct ParseInput {
  std::string_view text;
  double deadline;  // in CpuSeconds()
  size_t end;       // of what is handed out

  bool IsLate() const { return CpuSeconds() > deadline; }
};

constexpr size_t kPieceBytes = 32 << 10;

// Hands the text out in pieces, and none after the deadline: the scanners of some grammars read to
// the end of the file for each token, without asking for leave. The end always comes after a line
// end: the scanner of Kotlin looks for white space and does not see the end of the file.
const char* ReadPiece(void* payload, uint32_t byte, TSPoint, uint32_t* size) {
  auto* input = static_cast<ParseInput*>(payload);
  if (byte < input->end && input->IsLate()) input->end = byte;
  if (byte < input->end) {
    *size = static_cast<uint32_t>(std::min(kPieceBytes, input->end - byte));
    return input->text.data() + byte;
  }
  *size = byte == input->end ? 1 : 0;
  return "\n";
}

bool IsLate(TSParseState* state) {
  return static_cast<const ParseInput*>(state->payload)->IsLate();
}

// Returns null on time-out.
TreePtr Parse(TSParser* parser, std::string_view text, uint64_t timeout_us) {
  ParseInput input{.text = text,
                   .deadline = CpuSeconds() + 1e-6 * static_cast<double>(timeout_us),
                   .end = text.size()};
  const TSInput reader{
      .payload = &input, .read = ReadPiece, .encoding = TSInputEncodingUTF8, .decode = nullptr};
  const TSParseOptions options{.payload = &input, .progress_callback = IsLate};
  TreePtr tree(ts_parser_parse_with_options(parser, /*old_tree=*/nullptr, reader, options));
  if (input.IsLate()) tree.reset();  // it may be of the first part only
  if (!tree) ts_parser_reset(parser);
  return tree;
}

// Columns of indentation, list marks and quote marks at the start of the line at `begin`.
size_t LineDepth(std::string_view text, size_t begin) {
  size_t depth = 0;
  for (size_t i = begin; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ' ' || c == '\t' || c == '>') {
      ++depth;
    } else if (std::string_view("-+*?:.)0123456789").find(c) == std::string_view::npos) {
      break;
    }
  }
  return depth;
}

bool IsTooNested(const SourceText& source, size_t limit) {
  return std::any_of(source.line_starts.begin(), source.line_starts.end(),
                     [&](uint32_t begin) { return LineDepth(source.utf8, begin) > limit; });
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
  const LanguageSyntax* syntax = FindSyntax(source.language->name);
  if (syntax && syntax->choose) {
    if (const LanguageSyntax* other = syntax->choose(source.utf8)) syntax = other;
  }
  if (syntax && syntax->max_line_depth > 0 && IsTooNested(source, syntax->max_line_depth)) {
    syntax = nullptr;
  }
  if (syntax) {
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
