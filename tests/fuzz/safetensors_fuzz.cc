// The safetensors reader on arbitrary bytes (core/model/safetensors.h): whatever it accepts lies
// inside the bytes and has the size that its shape says.

#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::map<std::string, std::string> metadata;
  const sg::Result<sg::TensorMap> tensors = sg::ParseSafetensors(bytes, &metadata);
  if (!tensors.ok()) {
    if (tensors.status().message().empty()) std::abort();
    return 0;
  }
  for (const auto& [name, tensor] : *tensors) {
    const std::optional<uint64_t> count = sg::ElementCount(tensor.shape);
    if (!count || *count != tensor.element_count()) std::abort();
    if (*count == 0) continue;
    if (tensor.bytes.data() < bytes.data() ||
        tensor.bytes.data() + tensor.bytes.size() > bytes.data() + bytes.size()) {
      std::abort();
    }
    std::vector<float> floats(*count);
    (void)sg::CopyFloats(tensor, floats);
  }
  return 0;
}
