// The reader of torch.save files on arbitrary bytes (core/model/pytorch_reader.h): whatever it
// accepts lies inside the bytes or a copy of its own, and has the size that its shape says.

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include "core/model/pytorch_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const sg::Result<sg::PytorchTensors> result = sg::ParsePytorch(bytes);
  if (!result.ok()) {
    if (result.status().message().empty()) std::abort();
    return 0;
  }
  for (const auto& [name, tensor] : result->tensors) {
    const std::optional<uint64_t> count = sg::ElementCount(tensor.shape);
    if (!count || *count != tensor.element_count()) std::abort();
    uint64_t sum = 0;
    for (const char c : tensor.bytes) sum += static_cast<uint8_t>(c);  // reads every byte
    if (sum > tensor.bytes.size() * 255) std::abort();
    std::vector<float> floats(*count);
    (void)sg::CopyFloats(tensor, floats);
  }
  return 0;
}
