// The reader of torch.save files: the tensors of files that torch wrote
// (tools/reference/pytorch_goldens.py), and the reasons it gives for refusing others.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "core/base/file.h"
#include "core/model/pytorch_reader.h"
#include "core/model/tensor.h"
#include "core/model/weights.h"
#include "tests/temp_tree.h"

namespace sg {
namespace {

const std::string kData = "tests/core/data/pytorch/";

double ElementAt(const Tensor& tensor, size_t i) {
  const auto read = [&]<typename T>(T) {
    T value;
    std::memcpy(&value, tensor.bytes.data() + i * sizeof(T), sizeof(T));
    return value;
  };
  switch (tensor.dtype) {
    case DType::kF32: return read(float{});
    case DType::kF64: return read(double{});
    case DType::kF16: return HalfToFloat(read(uint16_t{}));
    case DType::kBF16: return Bfloat16ToFloat(read(uint16_t{}));
    case DType::kI64: return static_cast<double>(read(int64_t{}));
    case DType::kI32: return read(int32_t{});
    case DType::kBool: return read(uint8_t{});
    default: ADD_FAILURE() << DTypeName(tensor.dtype); return 0;
  }
}

// Compares with a line "name dtype [2,3] values ..." of a golden.
void ExpectTensor(const TensorMap& tensors, const std::string& line) {
  std::istringstream in(line);
  std::string name, dtype, shape;
  in >> name >> dtype >> shape;
  const auto found = tensors.find(name);
  ASSERT_NE(found, tensors.end()) << name;
  const Tensor& tensor = found->second;
  std::string got_shape = ShapeText(tensor.shape);
  std::erase(got_shape, ' ');
  EXPECT_EQ(got_shape, shape) << name;
  std::vector<double> want;
  for (double value; in >> value;) want.push_back(value);
  ASSERT_EQ(tensor.element_count(), want.size()) << name;
  for (size_t i = 0; i < want.size(); ++i) EXPECT_EQ(ElementAt(tensor, i), want[i]) << name << i;
}

TEST(Pytorch, ReadsWhatTorchWrote) {
  for (const std::string name : {"tensors", "linear"}) {
    const Result<PytorchFile> file = PytorchFile::Open(kData + name + ".bin");
    ASSERT_TRUE(file.ok()) << file.status().message();
    std::ifstream golden(kData + name + ".txt");
    size_t lines = 0;
    for (std::string line; std::getline(golden, line); ++lines) {
      ExpectTensor(file->tensors(), line);
    }
    EXPECT_EQ(lines, file->tensors().size());
    EXPECT_GT(lines, 1u);
  }
}

TEST(Pytorch, ViewsStayGoodWhenTheFileMoves) {
  Result<PytorchFile> file = PytorchFile::Open(kData + "tensors.bin");
  ASSERT_TRUE(file.ok());
  const PytorchFile moved = std::move(*file);
  EXPECT_EQ(ElementAt(moved.tensors().at("transposed"), 1), -0.25);
}

struct Refusal {
  const char* file;
  StatusCode code;
  const char* reason;
};

TEST(Pytorch, RefusesAnythingButTensors) {
  const Refusal cases[] = {
      {"evil.bin", StatusCode::kUnsupported, "refers to 'os.system'"},
      {"whole_module.bin", StatusCode::kUnsupported, "refers to 'torch.nn.modules.linear.Linear'"},
      {"nested.bin", StatusCode::kUnsupported, "something other than named tensors"},
      {"legacy.bin", StatusCode::kUnsupported, "torch before 1.6"},
      {"deflated.bin", StatusCode::kUnsupported, "is compressed"},
  };
  for (const Refusal& c : cases) {
    const Result<PytorchFile> file = PytorchFile::Open(kData + c.file);
    ASSERT_FALSE(file.ok()) << c.file;
    EXPECT_EQ(file.status().code(), c.code) << c.file;
    EXPECT_NE(file.status().message().find(c.reason), std::string::npos)
        << c.file << " said: " << file.status().message();
  }
}

TEST(Pytorch, DamagedFilesAreErrorsWhereverTheyAreCut) {
  const Result<std::string> bytes = ReadFile(kData + "tensors.bin");
  ASSERT_TRUE(bytes.ok());
  for (size_t size = 0; size < bytes->size(); ++size) {
    EXPECT_FALSE(ParsePytorch(std::string_view(*bytes).substr(0, size)).ok()) << size;
  }
  // Any single flipped byte is either harmless or an error; it must not read outside the file.
  for (size_t i = 0; i < bytes->size(); ++i) {
    std::string flipped = *bytes;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x55);
    const Result<PytorchTensors> result = ParsePytorch(flipped);
    if (!result.ok()) continue;
    for (const auto& [name, tensor] : result->tensors) {
      for (size_t k = 0; k < tensor.element_count(); ++k) (void)ElementAt(tensor, k);
    }
  }
}

TEST(Pytorch, ShapesThatLieAreRefused) {
  const Result<std::string> bytes = ReadFile(kData + "linear.bin");
  ASSERT_TRUE(bytes.ok());
  // The weight is [2, 3]: "K\x02K\x03\x86" in the pickle.
  const std::string shape("K\x02K\x03\x86", 5);
  const size_t at = bytes->find(shape);
  ASSERT_NE(at, std::string::npos);
  std::string larger = *bytes;
  larger[at + 1] = '\x7F';
  EXPECT_NE(ParsePytorch(larger).status().message().find("larger than its data"),
            std::string::npos);
}

TEST(Pytorch, LfsPointerAndOtherFilesAreNamed) {
  EXPECT_NE(ParsePytorch("version https://git-lfs.github.com/spec/v1\noid sha256:00\n")
                .status()
                .message()
                .find("git-LFS"),
            std::string::npos);
  EXPECT_NE(ParsePytorch("hello").status().message().find("not a file of torch.save"),
            std::string::npos);
}

class WeightsFolder : public testing::Test {
 protected:
  void Write(const std::string& name, const std::string& bytes) { tree_.Write(name, bytes); }

  // A safetensors file with one U8 tensor of two elements.
  static std::string Safetensors(const std::string& name) {
    const std::string header =
        "{\"" + name + "\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}";
    const uint64_t size = header.size();
    return std::string(reinterpret_cast<const char*>(&size), sizeof(size)) + header + "ab";
  }

  const TempTree tree_;
  const std::string folder_ = tree_.path();
};

TEST_F(WeightsFolder, PrefersSafetensorsAndReadsPytorch) {
  EXPECT_EQ(Weights::Open(folder_).status().code(), StatusCode::kNotFound);
  const Result<std::string> bytes = ReadFile(kData + "linear.bin");
  ASSERT_TRUE(bytes.ok());
  Write("pytorch_model.bin", *bytes);
  Result<Weights> weights = Weights::Open(folder_);
  ASSERT_TRUE(weights.ok()) << weights.status().message();
  EXPECT_EQ(weights->tensors().size(), 2u);
  const std::vector<uint64_t> shape = {2, 3}, wrong = {3, 2};
  EXPECT_TRUE(weights->Get("weight", shape).ok());
  EXPECT_EQ(weights->Get("weight", wrong).status().code(), StatusCode::kCorrupt);
  EXPECT_EQ(weights->Get("wait", shape).status().code(), StatusCode::kNotFound);
  Write("model.safetensors", Safetensors("x"));
  weights = Weights::Open(folder_);
  ASSERT_TRUE(weights.ok());
  EXPECT_NE(weights->Find("x"), nullptr);
  EXPECT_EQ(weights->Find("weight"), nullptr);
}

TEST_F(WeightsFolder, JoinsShardsAndChecksTheIndex) {
  Write("a.safetensors", Safetensors("x"));
  Write("b.safetensors", Safetensors("y"));
  const auto open = [&](const std::string& map) {
    Write("model.safetensors.index.json", "{\"weight_map\": " + map + "}");
    return Weights::Open(folder_);
  };
  const Result<Weights> good = open(R"({"x": "a.safetensors", "y": "b.safetensors"})");
  ASSERT_TRUE(good.ok()) << good.status().message();
  EXPECT_EQ(good->tensors().size(), 2u);
  EXPECT_EQ(good->Find("y")->bytes, "ab");
  const std::pair<const char*, const char*> bad[] = {
      {R"({"x": "b.safetensors", "y": "a.safetensors"})", "does not have it"},
      {R"({"x": "../a.safetensors"})", "no file name"},
      {R"({"x": "/etc/passwd"})", "no file name"},
      {R"({"x": 3})", "no file name"},
      {R"({"x": "c.safetensors"})", "c.safetensors"},
      {"[]", "no weight_map"},
  };
  for (const auto& [map, reason] : bad) {
    const Result<Weights> weights = open(map);
    ASSERT_FALSE(weights.ok()) << map;
    EXPECT_NE(weights.status().message().find(reason), std::string::npos)
        << map << " said: " << weights.status().message();
  }
  Write("b.safetensors", Safetensors("x"));
  EXPECT_NE(open(R"({"x": "a.safetensors", "z": "b.safetensors"})")
                .status()
                .message()
                .find("another shard"),
            std::string::npos);
}

}  // namespace
}  // namespace sg
