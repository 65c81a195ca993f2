#include "extract/passage.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/words.h"

namespace sg {
namespace {

constexpr size_t kPathComponents = 4;  // the last three directories and the stem: what is specific

// "src/main/http/ConnectionPool.java" -> "src main http connection pool".
std::string PathWords(std::string_view path) {
  if (const size_t dot = path.rfind('.'); dot != std::string_view::npos && dot > 0 &&
                                          path[dot - 1] != '/' &&
                                          path.find('/', dot) == std::string_view::npos) {
    path = path.substr(0, dot);
  }
  size_t begin = path.size();
  for (size_t i = 0; i < kPathComponents && begin != 0 && begin != std::string_view::npos; ++i) {
    begin = begin == 0 ? 0 : path.rfind('/', begin - 1);
  }
  if (begin == std::string_view::npos) begin = 0;
  std::string words;
  for (const std::string& word : SplitWords(path.substr(begin))) {
    if (!words.empty()) words += ' ';
    words += word;
  }
  return words;
}

void AppendLine(std::string_view line, std::string* passage) {
  if (line.empty()) return;
  *passage += line;
  *passage += '\n';
}

}  // namespace

std::string MakePassage(std::string_view path, const SourceText& source, const Chunk& chunk) {
  std::string passage;
  passage.reserve(chunk.byte_end - chunk.byte_begin + 256);
  AppendLine(PathWords(path), &passage);
  AppendLine(chunk.scope, &passage);
  AppendLine(chunk.signature, &passage);
  passage.append(source.utf8, chunk.byte_begin, chunk.byte_end - chunk.byte_begin);
  return passage;
}

}  // namespace sg
