#pragma once
// Reader of the weights files that torch.save writes (pytorch_model.bin): a zip archive of stored
// entries, one a pickle that describes the tensors, the others their data.
//
// A pickle is a program, and running it can do anything; here it is only followed as far as
// describing tensors needs. Some two dozen opcodes and a short list of names (the storage classes,
// OrderedDict, the two functions that rebuild tensors) are understood as data; anything else is an
// error that names it. No code can run. Compressed, encrypted or overlapping entries are refused,
// so a small file cannot grow. Immutable after Open, thread-safe.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/file.h"
#include "core/base/status.h"
#include "core/model/safetensors.h"
#include "core/model/tensor.h"

namespace sg {

struct PytorchTensors {
  TensorMap tensors;
  // The data of tensors that the file does not hold contiguously, put in order.
  std::vector<std::unique_ptr<char[]>> copies;
};

// Returns the tensors of the file contents `bytes`, as views into `bytes` or `copies`. kCorrupt;
// kUnsupported for the format before torch 1.6 and for values that are no tensors.
Result<PytorchTensors> ParsePytorch(std::string_view bytes);

class PytorchFile {
 public:
  // Maps `path`. Messages begin with the path.
  static Result<PytorchFile> Open(const std::string& path);

  const TensorMap& tensors() const { return contents_.tensors; }

 private:
  MappedFile file_;
  PytorchTensors contents_;
};

}  // namespace sg
