#pragma once
// From the bytes of a file to UTF-8. Most files are UTF-8 already and pass by a check at memory
// speed; the rest goes by byte-order mark, by the pattern of NUL bytes (UTF-16) or through ICU's
// detector with the thresholds of encoding.cc. Functions may be called from any thread.

#include <string>
#include <string_view>

namespace sg {

struct DecodedText {
  bool binary = false;       // the bytes are no text in any encoding we know
  bool undecodable = false;  // looks like text, but too much of it could not be decoded
  std::string encoding;      // IANA-like name: "UTF-8", "UTF-16LE", "Shift_JIS", ...
  std::string utf8;          // valid UTF-8 without a byte-order mark
};

// Never fails. O(bytes) time; ICU's detector sees at most 32 KiB.
DecodedText DecodeToUtf8(std::string bytes);

// `bytes` with each maximal ill-formed part replaced by one U+FFFD.
std::string RepairUtf8(std::string_view bytes);

}  // namespace sg
