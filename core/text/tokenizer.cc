#include "core/text/tokenizer.h"

#include <algorithm>
#include <utility>

#include "core/text/tokenizer_parts.h"
#include "core/text/unicode.h"

namespace sg {
namespace {

constexpr size_t kMaxTextBytes = size_t{1} << 30;

// Fills in ids, spans and, if asked for, the spaces that trimming takes off.
class EncodingBuilder {
 public:
  EncodingBuilder(const TokenizerParts& parts, const PieceText& text, bool needs_spaces)
      : parts_(parts), text_(text), needs_spaces_(needs_spaces) {}

  Status AddPieces() {
    const size_t expected = text_.text.size() / 3 + 8;  // source code has fewer tokens
    encoding_.ids.reserve(expected);
    encoding_.spans.reserve(expected);
    for (const Piece& piece : text_.pieces) {
      if (piece.added_token != Piece::kNoToken) {
        AddToken(piece);
      } else {
        SG_RETURN_IF_ERROR(AddModelTokens(piece));
      }
    }
    encoding_.special.assign(encoding_.ids.size(), 0);
    return Status::Ok();
  }

  Encoding* encoding() { return &encoding_; }
  std::vector<TokenSpaces>* spaces() { return &spaces_; }

 private:
  void AddToken(const Piece& piece) {
    encoding_.ids.push_back(static_cast<uint32_t>(piece.added_token));
    encoding_.spans.push_back(text_.text.OriginOf(piece.begin, piece.end));
    if (!needs_spaces_) return;
    const std::string_view text = text_.text.text();
    spaces_.push_back(CountTokenSpaces(text.substr(piece.begin, piece.end - piece.begin)));
  }

  Status AddModelTokens(const Piece& piece) {
    tokens_.clear();
    const std::string_view bytes = text_.text.text().substr(piece.begin, piece.end - piece.begin);
    SG_RETURN_IF_ERROR(parts_.model->Tokenize(bytes, piece.begin, &tokens_));
    for (const ModelToken& token : tokens_) {
      encoding_.ids.push_back(token.id);
      encoding_.spans.push_back(text_.text.OriginOf(token.begin, token.end));
      if (needs_spaces_) spaces_.push_back(parts_.spaces_by_id[token.id]);
    }
    return Status::Ok();
  }

  const TokenizerParts& parts_;
  const PieceText& text_;
  const bool needs_spaces_;
  Encoding encoding_;
  std::vector<TokenSpaces> spaces_;
  std::vector<ModelToken> tokens_;
};

Result<std::unique_ptr<Tokenizer>> MakeTokenizer(Result<TokenizerParts> parts) {
  if (!parts.ok()) return parts.status();
  return std::make_unique<Tokenizer>(std::move(*parts));
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> Tokenizer::FromFolder(const std::string& folder) {
  return MakeTokenizer(LoadTokenizerFolder(folder));
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::FromFile(const std::string& path) {
  return MakeTokenizer(LoadTokenizerFile(path));
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::FromJson(std::string_view json) {
  return MakeTokenizer(ParseTokenizerJson(json));
}

Tokenizer::Tokenizer(TokenizerParts parts) {
  if (parts.post_processor != nullptr && parts.post_processor->NeedsSpaces()) {
    const Vocabulary& vocabulary = parts.model->vocabulary();
    parts.spaces_by_id.resize(vocabulary.id_end());
    for (const auto& [piece, id] : vocabulary.pieces()) {
      parts.spaces_by_id[id] = CountTokenSpaces(piece);
    }
  }
  parts_ = std::make_unique<const TokenizerParts>(std::move(parts));
}

Tokenizer::~Tokenizer() = default;

Result<Encoding> Tokenizer::Encode(std::string_view text, bool add_special_tokens) const {
  if (text.size() > kMaxTextBytes) {
    return InvalidArgumentError("a text of more than 1 GiB cannot be tokenized at once; cut it");
  }
  SG_ASSIGN_OR_RETURN(PieceText pieces,
                      parts_->added_tokens.Extract(DecodeLossy(text), parts_->normalizer.get()));
  if (parts_->pre_tokenizer != nullptr) SG_RETURN_IF_ERROR(parts_->pre_tokenizer->Cut(&pieces));
  const PostProcessor* post_processor = parts_->post_processor.get();
  EncodingBuilder builder(*parts_, pieces,
                          post_processor != nullptr && post_processor->NeedsSpaces());
  SG_RETURN_IF_ERROR(builder.AddPieces());
  if (post_processor != nullptr) {
    post_processor->Process(text, add_special_tokens, builder.encoding(), builder.spaces());
  }
  return std::move(*builder.encoding());
}

std::optional<uint32_t> Tokenizer::TokenToId(std::string_view token) const {
  if (const auto id = parts_->added_tokens.Find(token)) return id;
  return parts_->model->vocabulary().Find(token);
}

std::optional<std::string> Tokenizer::IdToToken(uint32_t id) const {
  if (const AddedToken* token = parts_->added_tokens.ById(id)) return token->content;
  if (const auto piece = parts_->model->vocabulary().PieceOf(id)) return std::string(*piece);
  return std::nullopt;
}

size_t Tokenizer::vocabulary_size() const {
  return std::max<size_t>(parts_->added_tokens.id_end(), parts_->model->vocabulary().id_end());
}

}  // namespace sg
