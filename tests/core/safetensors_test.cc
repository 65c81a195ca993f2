// The reader of safetensors files: what it returns for good files, and the reason it gives for each
// way in which a file can lie.

#include "core/model/safetensors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/model/tensor.h"

namespace sg {
namespace {

std::string File(const std::string& header, size_t data_bytes) {
  const uint64_t length = header.size();
  std::string bytes(reinterpret_cast<const char*>(&length), sizeof(length));
  bytes += header;
  for (size_t i = 0; i < data_bytes; ++i) bytes += static_cast<char>(i);
  return bytes;
}

TEST(Safetensors, ReadsTensorsInPlace) {
  const std::string bytes =
      File(R"({"__metadata__":{"format":"pt"},)"
           R"("b":{"dtype":"F16","shape":[3],"data_offsets":[8,14]},)"
           R"("a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
           R"("scalar":{"dtype":"I64","shape":[],"data_offsets":[14,22]},)"
           R"("empty":{"dtype":"U8","shape":[0,7],"data_offsets":[22,22]}}  )",
           22);
  std::map<std::string, std::string> metadata;
  const Result<TensorMap> tensors = ParseSafetensors(bytes, &metadata);
  ASSERT_TRUE(tensors.ok()) << tensors.status().message();
  EXPECT_EQ(metadata.at("format"), "pt");
  ASSERT_EQ(tensors->size(), 4u);
  const Tensor& b = tensors->at("b");
  EXPECT_EQ(b.dtype, DType::kF16);
  EXPECT_EQ(b.shape, std::vector<uint64_t>{3});
  EXPECT_EQ(b.bytes.data(), bytes.data() + bytes.size() - 14);
  EXPECT_EQ(tensors->at("scalar").element_count(), 1u);
  EXPECT_EQ(tensors->at("empty").element_count(), 0u);
}

TEST(Safetensors, EmptyHeaderIsAnEmptyFile) {
  const Result<TensorMap> tensors = ParseSafetensors(File("{}", 0));
  ASSERT_TRUE(tensors.ok());
  EXPECT_TRUE(tensors->empty());
}

struct HostileCase {
  const char* header;
  size_t data_bytes;
  const char* reason;  // a part of the message
};

TEST(Safetensors, HostileHeadersSayWhatIsWrong) {
  const HostileCase cases[] = {
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 7, "cut off"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 9, "1 bytes after its last"},
      {R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8, "needs 12 bytes"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8, "reversed"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8, "leaves a gap"},
      {R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
       R"("b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
       6, "'b' overlaps"},
      {R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
       R"("b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})",
       4, "overlaps"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
       R"("a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})",
       4, "'a' occurs twice"},
      {R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0,
       "impossible shape"},
      {R"({"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}})", 0,
       "impossible shape"},
      {R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,18446744073709551615]}})", 0,
       "cut off"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551616]}})", 4,
       "a fraction"},
      {R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, "a negative number"},
      {R"({"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}})", 4, "a fraction"},
      {R"({"a":{"dtype":"Q4","shape":[1],"data_offsets":[0,4]}})", 4, "unknown type 'Q4'"},
      {R"({"a":{"dtype":"F32","shape":[1]}})", 4, "lacks"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4, "not two data_offsets"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}})", 4, "more than two"},
      {R"({"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4, "twice"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"strides":[1]}})", 4,
       "unknown key 'strides'"},
      {R"({"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}})", 4, "an array"},
      {R"({"a":{"dtype":{},"shape":[1],"data_offsets":[0,4]}})", 4, "an object"},
      {R"({"a":{"dtype":null,"shape":[1],"data_offsets":[0,4]}})", 4, "null"},
      {R"({"a":7})", 0, "a number"},
      {R"({"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}})",
       1, "16 dimensions"},
      {R"({"__metadata__":{"a":1}})", 0, "a number"},
      {R"({"__metadata__":{},"__metadata__":{}})", 0, "twice"},
      {R"({"a":{"dtype":"F32")", 4, "not valid JSON"},
      {R"({} x)", 0, "not valid JSON"},
      {R"([])", 0, "does not begin with '{'"},
      {"", 0, "does not begin with '{'"},
  };
  for (const HostileCase& c : cases) {
    const Result<TensorMap> tensors = ParseSafetensors(File(c.header, c.data_bytes));
    ASSERT_FALSE(tensors.ok()) << c.header;
    EXPECT_NE(tensors.status().message().find(c.reason), std::string::npos)
        << c.header << "\n  said: " << tensors.status().message();
  }
}

TEST(Safetensors, LengthsThatLieAreRefused) {
  std::string huge = File("{}", 0);
  huge[7] = '\x7f';
  EXPECT_NE(ParseSafetensors(huge).status().message().find("limit"), std::string::npos);
  std::string longer = File("{}", 0);
  longer[0] = 3;
  EXPECT_NE(ParseSafetensors(longer).status().message().find("cut off inside its header"),
            std::string::npos);
  EXPECT_FALSE(ParseSafetensors("").ok());
  EXPECT_FALSE(ParseSafetensors("1234567").ok());
}

TEST(Safetensors, DeepNestingCostsNoStack) {
  const std::string deep(1'000'000, '[');
  EXPECT_FALSE(ParseSafetensors(File("{\"a\":" + deep, 0)).ok());
}

TEST(Safetensors, LfsPointerIsNamed) {
  const std::string pointer =
      "version https://git-lfs.github.com/spec/v1\n"
      "oid sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\nsize "
      "90868376\n";
  EXPECT_NE(ParseSafetensors(pointer).status().message().find("git-LFS pointer"),
            std::string::npos);
}

TEST(Safetensors, OpenNamesTheFile) {
  EXPECT_EQ(SafetensorsFile::Open("/nonexistent/model.safetensors").status().code(),
            StatusCode::kNotFound);
  const std::string path = testing::TempDir() + "/bad.safetensors";
  std::ofstream(path) << "nothing of use";
  const Result<SafetensorsFile> file = SafetensorsFile::Open(path);
  ASSERT_FALSE(file.ok());
  EXPECT_NE(file.status().message().find(path), std::string::npos);
}

TEST(Tensor, HalfPrecisionMatchesTheDefinition) {
  for (uint32_t half = 0; half < 0x10000; ++half) {
    const int exponent = static_cast<int>(half >> 10 & 31);
    const double mantissa = half & 0x3ff;
    const double sign = (half & 0x8000) != 0 ? -1 : 1;
    const float got = HalfToFloat(static_cast<uint16_t>(half));
    if (exponent == 31) {
      EXPECT_EQ(std::isnan(got), mantissa != 0) << half;
      EXPECT_TRUE(mantissa != 0 || got == sign * INFINITY) << half;
    } else {
      const double want =
          exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
      EXPECT_EQ(got, sign * want) << half;
      EXPECT_EQ(std::signbit(got), sign < 0) << half;
    }
  }
}

TEST(Tensor, CopyFloatsReadsUnalignedData) {
  const float values[] = {1.5f, -2.0f};
  std::string bytes(1, 'x');
  bytes.append(reinterpret_cast<const char*>(values), sizeof(values));
  const Tensor tensor{
      .dtype = DType::kF32, .shape = {2}, .bytes = std::string_view(bytes).substr(1)};
  std::vector<float> out(2);
  ASSERT_TRUE(CopyFloats(tensor, out).ok());
  EXPECT_EQ(out, (std::vector<float>{1.5f, -2.0f}));
  const uint16_t brain[] = {0x3fc0, 0xc000};
  const Tensor bf16{.dtype = DType::kBF16,
                    .shape = {2},
                    .bytes = {reinterpret_cast<const char*>(brain), sizeof(brain)}};
  ASSERT_TRUE(CopyFloats(bf16, out).ok());
  EXPECT_EQ(out, (std::vector<float>{1.5f, -2.0f}));
  const Tensor ints{.dtype = DType::kI32, .shape = {2}, .bytes = tensor.bytes};
  EXPECT_EQ(CopyFloats(ints, out).code(), StatusCode::kUnsupported);
}

}  // namespace
}  // namespace sg
