#pragma once
// The facts of a file as one blob: its chunks, their definitions and the header comment. Format:
// docs/index_format.md "Facts". Pure functions, callable from any thread.

#include <string>
#include <string_view>

#include "core/base/status.h"
#include "index/store/schema.h"

namespace sg {

// Encodes record.chunks and record.header_comment.
std::string EncodeFacts(const FileRecord& record);

// Fills record->chunks and record->header_comment. kCorrupt if `blob` does not follow its format;
// then neither has changed. Memory is at most 64 MiB for names beside some
// 40 bytes per byte of the blob.
Status DecodeFacts(std::string_view blob, FileRecord* record);

}  // namespace sg
