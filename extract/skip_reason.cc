#include "extract/file_entry.h"

namespace sg {

const char* SkipReasonName(SkipReason reason) {
  switch (reason) {
    case SkipReason::kIgnored: return "ignored";
    case SkipReason::kHidden: return "hidden";
    case SkipReason::kSymlink: return "symlink";
    case SkipReason::kNotRegular: return "not_regular";
    case SkipReason::kTooLarge: return "too_large";
    case SkipReason::kBinary: return "binary";
    case SkipReason::kMinified: return "minified";
    case SkipReason::kGenerated: return "generated";
    case SkipReason::kUnknownType: return "unknown_type";
    case SkipReason::kUnreadable: return "unreadable";
    case SkipReason::kBadEncoding: return "bad_encoding";
    case SkipReason::kTooComplex: return "too_complex";
    case SkipReason::kEmpty: return "empty";
    case SkipReason::kCount: break;
  }
  return "unknown";
}

}  // namespace sg
