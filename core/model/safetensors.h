#pragma once
// Reader of safetensors files (https://github.com/huggingface/safetensors#format): 8 bytes of
// header length, a JSON header {name: {dtype, shape, data_offsets}}, then the data. Nothing is
// copied: the tensors look into the file.
//
// The file is hostile until checked. Every name is unique, every shape times its element size is
// exactly its byte range, and the ranges tile the data without gap or overlap up to the last byte,
// as the format demands; what breaks this is kCorrupt with the tensor's name. Parsing is O(header),
// whatever sizes the header claims. Immutable after Open, so thread-safe.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/base/file.h"
#include "core/base/status.h"
#include "core/model/tensor.h"

namespace sg {

using TensorMap = std::map<std::string, Tensor, std::less<>>;

// Returns the tensors of the file contents `bytes`, as views into `bytes`, and, where `metadata` is
// given, the header's free-form "__metadata__". kCorrupt; kUnsupported for an element type that
// sg does not know.
Result<TensorMap> ParseSafetensors(std::string_view bytes,
                                   std::map<std::string, std::string>* metadata = nullptr);

// True if `bytes` begins like the text file that git-LFS leaves in place of a file it did not
// fetch.
bool IsLfsPointer(std::string_view bytes);
// The error for such a file.
Status LfsPointerError();

class SafetensorsFile {
 public:
  // Maps `path`. Messages begin with the path.
  static Result<SafetensorsFile> Open(const std::string& path);

  const MappedFile& file() const { return file_; }
  const TensorMap& tensors() const { return tensors_; }
  // Null if there is none of that name.
  const Tensor* Find(std::string_view name) const;
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  MappedFile file_;  // the views stay valid when the object moves: the map does not
  TensorMap tensors_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace sg
