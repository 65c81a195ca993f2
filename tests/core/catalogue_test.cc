#include "core/model/catalogue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "core/base/file.h"
#include "tests/temp_tree.h"

namespace sg {
namespace {

// A folder of models that SG_MODELS names during a test.
class CatalogueTest : public testing::Test {
 protected:
  void SetUp() override {
    Add("first/alpha", R"({"model_type":"sg-static","name":"alpha","license":"MIT"})");
    Add("second/alpha", R"({"model_type":"bert"})");
    Add("second/beta", R"({"model_type":"model2vec"})");
    Add("second/broken", "{");
    tree_.Write("second/empty/");
    ::setenv("SG_MODELS", (root_ + "/first::" + root_ + "/missing:" + root_ + "/second").c_str(),
             1);
  }
  void TearDown() override { ::unsetenv("SG_MODELS"); }
  void Add(const std::string& folder, std::string_view config) {
    tree_.Write(folder + "/config.json", config);
  }
  const TempTree tree_;
  const std::string root_ = tree_.path();
};

TEST_F(CatalogueTest, FindsTheFirstOfAName) {
  EXPECT_EQ(*FindBundledModel("alpha"), root_ + "/first/alpha");
  EXPECT_EQ(*FindBundledModel("beta"), root_ + "/second/beta");
}

TEST_F(CatalogueTest, SaysWhereItLookedAndWhatThereIs) {
  const auto missing = FindBundledModel("gamma");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.status().code(), StatusCode::kNotFound);
  for (const std::string& part :
       {std::string("\"gamma\""), root_ + "/second", std::string("beta")}) {
    EXPECT_NE(missing.status().message().find(part), std::string::npos) << part;
  }
  EXPECT_EQ(FindBundledModel("empty").status().code(), StatusCode::kNotFound);
  for (const char* name : {"", "..", "a/b", "/etc", ".hidden"}) {
    EXPECT_EQ(FindBundledModel(name).status().code(), StatusCode::kInvalidArgument) << name;
  }
}

TEST_F(CatalogueTest, ListsWhatCanBeRead) {
  const auto entries = ListModelFolders();
  const auto find = [&](const std::string& name) {
    return std::find_if(entries.begin(), entries.end(),
                        [&](const CatalogueEntry& e) { return e.folder.name == name; });
  };
  ASSERT_NE(find("alpha"), entries.end());
  EXPECT_EQ(find("alpha")->folder.kind, ModelKind::kSgStatic);
  EXPECT_EQ(find("alpha")->folder.license, "MIT");
  EXPECT_GT(find("alpha")->size_bytes, 0u);
  ASSERT_NE(find("beta"), entries.end());
  EXPECT_EQ(find("beta")->folder.kind, ModelKind::kModel2Vec);
  EXPECT_EQ(find("broken"), entries.end());
}

TEST(CatalogueOfTheSourceTreeTest, HoldsTheBundledModel) {
  const auto dir = FindBundledModel();
  ASSERT_TRUE(dir.ok()) << dir.status().message();
  const auto folder = ReadModelFolder(*dir);
  ASSERT_TRUE(folder.ok());
  EXPECT_EQ(folder->name, kBundledModelName);
  EXPECT_EQ(ModelKindName(folder->kind), "sg-static");
}

}  // namespace
}  // namespace sg
