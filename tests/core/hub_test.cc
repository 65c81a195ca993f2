#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/base/file.h"
#include "core/hub/digest.h"
#include "core/hub/http.h"
#include "core/hub/hub_cache.h"
#include "core/hub/model_files.h"
#include "core/model/catalogue.h"
#include "core/model/known_models.h"
#include "tests/temp_tree.h"

namespace sg {
namespace {

TEST(HubNames, AreNeverPaths) {
  for (const char* good : {"a", "org/name", "BAAI/bge-small-en-v1.5", "a_b/c.d", "gpt2"}) {
    EXPECT_TRUE(IsRepoId(good)) << good;
  }
  for (const char* bad :
       {"",       "/",   "a/",   "/a",    "a/b/c", "..", "a/..", "../a", ".a",  "a/.b",
        "a--b/c", "a b", "a\nb", "a/b?x", "a\\b",  "-a", "a.",   "a..b", "ä/b", "a%2f"}) {
    EXPECT_FALSE(IsRepoId(bad)) << bad;
  }
  EXPECT_FALSE(IsRepoId(std::string("a\0b", 3)));
  EXPECT_TRUE(IsRevision("refs/pr/1"));
  for (const char* bad : {"", "a/../b", "/a", "a//b", "../../x", "a\nb"}) {
    EXPECT_FALSE(IsRevision(bad)) << bad;
  }
  EXPECT_TRUE(IsCommit("0123456789abcdef0123456789abcdef01234567"));
  EXPECT_FALSE(IsCommit("0123456789ABCDEF0123456789abcdef01234567"));
}

TEST(HubNames, FoldersAndBack) {
  EXPECT_EQ(RepoFolderName("org/some-name"), "models--org--some-name");
  const std::string commit(40, 'a');
  EXPECT_EQ(RepoOfSnapshotPath("/c/models--org--some-name/snapshots/" + commit), "org/some-name");
  EXPECT_EQ(RepoOfSnapshotPath("models--gpt2/snapshots/" + commit), "gpt2");
  EXPECT_EQ(RepoOfSnapshotPath("/c/models--org--name/snapshots/main"), "");
  EXPECT_EQ(RepoOfSnapshotPath("/c/datasets--org--name/snapshots/" + commit), "");
  EXPECT_EQ(RepoOfSnapshotPath("/snapshots/" + commit), "");
  EXPECT_EQ(RepoOfSnapshotPath(""), "");
}

Result<HubSettings> SettingsOf(std::map<std::string, std::string> environment) {
  return HubSettingsFromEnvironment([&](const char* name) -> const char* {
    const auto it = environment.find(name);
    return it == environment.end() ? nullptr : it->second.c_str();
  });
}

TEST(HubSettings, ComeFromTheVariablesThatPythonReads) {
  EXPECT_EQ(SettingsOf({{"HOME", "/h"}})->cache_dir, "/h/.cache/huggingface/hub");
  EXPECT_EQ(SettingsOf({{"HOME", "/h"}, {"XDG_CACHE_HOME", "/x"}})->cache_dir,
            "/x/huggingface/hub");
  EXPECT_EQ(SettingsOf({{"HOME", "/h"}, {"HF_HOME", "/f"}})->cache_dir, "/f/hub");
  EXPECT_EQ(SettingsOf({{"HF_HOME", "/f"}, {"HF_HUB_CACHE", "/c"}})->cache_dir, "/c");
  EXPECT_EQ(SettingsOf({})->cache_dir, "");
  EXPECT_EQ(SettingsOf({})->endpoint, kDefaultHubEndpoint);
  EXPECT_EQ(SettingsOf({{"HF_ENDPOINT", "http://127.0.0.1:80//"}})->endpoint,
            "http://127.0.0.1:80");
  EXPECT_EQ(SettingsOf({{"HF_TOKEN", " abc\n"}})->token, "abc");
  for (const char* yes : {"1", "true", "YES", "on"}) {
    EXPECT_TRUE(SettingsOf({{"HF_HUB_OFFLINE", yes}})->offline) << yes;
  }
  EXPECT_FALSE(SettingsOf({{"HF_HUB_OFFLINE", "0"}})->offline);
  EXPECT_EQ(SettingsOf({{"HF_ENDPOINT", "file:///etc"}}).status().code(),
            StatusCode::kInvalidArgument);
  const Status token = SettingsOf({{"HF_TOKEN", "a\r\nX: y"}}).status();
  EXPECT_EQ(token.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(token.message().find("X: y"), std::string::npos);
}

TEST(Http, OriginsTellServersApart) {
  EXPECT_EQ(OriginOf("https://Example.org/a/b"), "https://example.org:443");
  EXPECT_EQ(OriginOf("http://example.org"), "http://example.org:80");
  EXPECT_EQ(OriginOf("http://example.org:8080?x"), "http://example.org:8080");
  EXPECT_EQ(OriginOf("https://hub@evil.org/"), "https://evil.org:443");
  EXPECT_EQ(OriginOf("https://evil.org\\@hub/"), "https://evil.org:443");
  EXPECT_EQ(OriginOf("http://[::1]/x"), "http://[::1]:80");
  for (const char* bad : {"", "file:///etc/passwd", "ftp://x", "https://", "//x", "javascript:1"}) {
    EXPECT_EQ(OriginOf(bad), "") << bad;
  }
  EXPECT_EQ(UrlEncoded("refs/pr/1 ?", /*keep_slash=*/false), "refs%2Fpr%2F1%20%3F");
  EXPECT_EQ(UrlEncoded("1_Pooling/config.json", /*keep_slash=*/true), "1_Pooling/config.json");
}

using Names = std::vector<std::string>;

TEST(ModelFiles, OneFormOfWeightsAndWhatBelongsToIt) {
  const Names all = {"README.md",
                     "config.json",
                     "onnx/model.onnx",
                     "model.safetensors",
                     "pytorch_model.bin",
                     "tf_model.h5",
                     "vocab.txt",
                     "1_Pooling/config.json",
                     "2_Dense/config.json",
                     "2_Dense/model.safetensors",
                     "2_Dense/pytorch_model.bin",
                     "openvino/config.json",
                     "config.json"};
  EXPECT_EQ(*ChooseModelFiles(all),
            (Names{"config.json", "model.safetensors", "vocab.txt", "1_Pooling/config.json",
                   "2_Dense/config.json", "2_Dense/model.safetensors"}));
  EXPECT_EQ(
      *ChooseModelFiles(Names{"config.json", "pytorch_model.bin.index.json",
                              "pytorch_model-00001-of-00002.bin", "pytorch_model-x-of-2.bin"}),
      (Names{"config.json", "pytorch_model.bin.index.json", "pytorch_model-00001-of-00002.bin"}));
}

TEST(ModelFiles, LeavesHostileNamesOut) {
  const Names good = {"config.json", "model.safetensors"};
  for (const std::string bad :
       {"../config.json", "/config.json", "1_Pooling/../config.json", "1_Pooling/x/config.json",
        "1_Pool ing/config.json", "1_/config.json", "_/config.json", "1_..//config.json",
        "model-1-of-../x.safetensors", "config.json/", "CONFIG.JSON", "config.json\n"}) {
    EXPECT_EQ(*ChooseModelFiles(Names{good[0], bad, good[1]}), good) << bad;
  }
  EXPECT_FALSE(ChooseModelFiles(Names{"model.safetensors"}).ok());
  EXPECT_FALSE(ChooseModelFiles(Names{"config.json", "1_Dense/model.safetensors"}).ok());
  Names many = {"config.json", "model.safetensors.index.json"};
  for (int i = 0; i < 1000; ++i) many.push_back("model-" + std::to_string(i) + "-of-9.safetensors");
  EXPECT_FALSE(ChooseModelFiles(many).ok());
}

TEST(FileDigestTest, KnownHashes) {
  const TempTree tree;
  tree.Write("abc", "abc");
  const std::string path = tree / "abc";
  const auto sha256 = FileDigest(path, std::string(64, '0'));
  if (!sha256.ok() && sha256.status().code() == StatusCode::kUnsupported) {
    GTEST_SKIP() << sha256.status().message();
  }
  // FIPS 180-2, appendix B.1; `git hash-object`.
  EXPECT_EQ(*sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(*FileDigest(path, std::string(40, '0')), "f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f");
  const std::atomic<bool> cancel{true};
  EXPECT_EQ(FileDigest(path, *sha256, &cancel).status().code(), StatusCode::kCancelled);
  std::filesystem::remove(path);
  EXPECT_EQ(FileDigest(path, *sha256).status().code(), StatusCode::kNotFound);
}

TEST(KnownModels, NamesAreUnique) {
  std::map<std::string, int> count;
  for (const KnownModel& model : KnownModels()) {
    EXPECT_TRUE(IsRepoId(model.repo)) << model.repo;
    EXPECT_TRUE(IsRevision(model.revision)) << model.repo;
    EXPECT_EQ(IsNonCommercialLicense(model.license), model.non_commercial) << model.repo;
    EXPECT_EQ(FindKnownModel(model.name), &model);
    EXPECT_EQ(FindKnownModel(model.repo), &model);
    EXPECT_EQ(++count[std::string(model.name)], 1) << model.name;
    EXPECT_GT(model.size_mb, 0u);
  }
  EXPECT_EQ(FindKnownModel("ALL-minilm-L6-v2"), FindKnownModel("minilm"));
  EXPECT_EQ(FindKnownModel("L6-v2"), nullptr);
  EXPECT_EQ(FindKnownModel(""), nullptr);
}

TEST(KnownModels, Licences) {
  for (const char* bad : {"cc-by-nc-4.0", "CC-BY-NC-SA-4.0", "xyz-non-commercial", "nc"}) {
    EXPECT_TRUE(IsNonCommercialLicense(bad)) << bad;
  }
  for (const char* good : {"mit", "apache-2.0", "", "ncsa", "cc-by-4.0", "qodoai-open-rail-m"}) {
    EXPECT_FALSE(IsNonCommercialLicense(good)) << good;
  }
}

TEST(ModelReferences, NamesAndRevisions) {
  EXPECT_EQ(ParseModelReference("minilm")->repo, "sentence-transformers/all-MiniLM-L6-v2");
  EXPECT_EQ(ParseModelReference("minilm@v1")->revision, "v1");
  EXPECT_EQ(ParseModelReference("me/mine@refs/pr/3")->revision, "refs/pr/3");
  EXPECT_EQ(ParseModelReference("me/mine")->revision, "main");
  for (const char* bad : {"", "@", "mine", "me/mine@", "me/mine@..", "../x", "a/b/c"}) {
    EXPECT_FALSE(ParseModelReference(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace sg
