#pragma once
// The text of one file as UTF-8 with '\n' line ends, or the reason why it is skipped. Detects
// UTF-8, UTF-16, UTF-32, Latin-1, Shift-JIS, EUC-JP and GB18030 (ICU); replaces what cannot be
// decoded by U+FFFD rather than failing. All functions may be called from any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "extract/file_entry.h"
#include "extract/language.h"

namespace sg {

struct SourceText {
  std::string utf8;                    // "\r\n" and lone "\r" become "\n"; no byte-order mark
  std::vector<uint32_t> line_starts;   // byte offset of each line's first byte; line i (0-based)
                                       // ends before line_starts[i+1]
  const Language* language = nullptr;  // never null

  size_t line_count() const { return line_starts.size(); }
  // The bytes of the 1-based lines [line_begin, line_end], with their line ends.
  std::string_view Lines(uint32_t line_begin, uint32_t line_end) const;
};

// Limits above 1 GiB are taken as 1 GiB: offsets into a text have 32 bits.
struct SourceLimits {
  uint64_t max_code_bytes = 1 << 20;  // code and data
  uint64_t max_text_bytes = 8 << 20;  // prose
  bool skip_minified = true;
  bool skip_generated = true;
};

// Either `text` or `skip` is meaningful.
struct SourceOrSkip {
  bool skipped = false;
  SkipReason reason = SkipReason::kCount;
  SourceText text;
};

// Decodes `bytes`, the content of the file `path`: binary (NUL bytes that are no UTF-16), minified
// (very long lines), generated (a marker comment at the head) and empty files are skipped with
// their reason. Never fails.
SourceOrSkip DecodeSource(std::string_view path, std::string bytes, const SourceLimits& limits);

// What is clear before the file is read: kBinary or kUnknownType by its name, kTooLarge, kEmpty.
// Returns kCount where the content must be seen. DecodeSource repeats these checks.
SkipReason SkipBeforeReading(std::string_view path, uint64_t size_bytes,
                             const SourceLimits& limits);

// For texts that are in memory already (tests, queries, embedded documents): no skipping. Bytes
// that are not UTF-8 become U+FFFD; a null `language` means plain text.
SourceText MakeSourceText(std::string utf8, const Language* language);

}  // namespace sg
