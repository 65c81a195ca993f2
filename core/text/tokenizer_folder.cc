#include "core/base/file.h"
#include "core/text/tokenizer_parts.h"
namespace sg {
Result<TokenizerParts> LoadTokenizerFile(const std::string& path) {
  SG_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path, 1u << 28));
  Result<TokenizerParts> parts = ParseTokenizerJson(bytes);
  if (!parts.ok()) return parts.status().WithContext("cannot read the tokenizer " + path);
  return parts;
}
Result<TokenizerParts> LoadTokenizerFolder(const std::string& folder) {
  return LoadTokenizerFile(folder + "/tokenizer.json");
}
}  // namespace sg
