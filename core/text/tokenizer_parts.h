#pragma once
// What the loaders of the different file formats put together: the components of a tokenizer.

#include <string>
#include <string_view>
#include <vector>

#include "core/text/added_tokens.h"
#include "core/text/normalizer.h"
#include "core/text/post_processor.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/token_model.h"

namespace sg {

struct TokenizerParts {
  NormalizerPtr normalizer;       // may be null
  PreTokenizerPtr pre_tokenizer;  // may be null
  TokenModelPtr model;
  PostProcessorPtr post_processor;  // may be null
  AddedTokens added_tokens;
  std::vector<TokenSpaces> spaces_by_id;  // filled by Tokenizer, if the post-processor needs it
};

// tokenizer_json.cc
Result<TokenizerParts> ParseTokenizerJson(std::string_view json);
// tokenizer_folder.cc
Result<TokenizerParts> LoadTokenizerFolder(const std::string& folder);
Result<TokenizerParts> LoadTokenizerFile(const std::string& path);

}  // namespace sg
