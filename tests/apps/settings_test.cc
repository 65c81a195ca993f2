#include "apps/sg/settings.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "core/base/file.h"

namespace sg {
namespace {

constexpr char kFile[] = "dir/config.json";

std::string Message(std::string_view json, SettingsSource source = SettingsSource::kUser) {
  const auto settings = ParseSettings(json, kFile, source);
  return settings.ok() ? "" : settings.status().message();
}

TEST(Settings, ReadsEveryKind) {
  const auto settings = ParseSettings(R"({
    // how I like it
    "model": "sg-static-v1", "top_k": 5, /* few */ "hidden": true,
    "exclude": ["vendor/", "*.min.js"], "max_file_size": "2M", "max_memory": 1024,
    "mode": "keyword"
  })",
                                      kFile, SettingsSource::kUser);
  ASSERT_TRUE(settings.ok()) << settings.status().message();
  EXPECT_EQ(settings->model, "sg-static-v1");
  EXPECT_EQ(settings->top_k, 5u);
  EXPECT_EQ(settings->hidden, true);
  EXPECT_EQ(settings->exclude, (std::vector<std::string>{"vendor/", "*.min.js"}));
  EXPECT_EQ(settings->max_file_size_bytes, 2u << 20);
  EXPECT_EQ(settings->max_memory_bytes, 1024u);
  EXPECT_EQ(settings->mode, "keyword");
  EXPECT_FALSE(settings->include.has_value());
}

TEST(Settings, SaysWhereAndWhatIsWrong) {
  EXPECT_EQ(Message("{\n\n  \"exlude\": []\n}"),
            "dir/config.json:3: unknown setting 'exlude'; did you mean 'exclude'?");
  EXPECT_EQ(Message("{\"zzzzzz\": 1}"),
            "dir/config.json:1: unknown setting 'zzzzzz'; see: sg help settings");
  EXPECT_EQ(Message("{\"hidden\":\n\"yes\"}"), "dir/config.json:2: 'hidden' must be true or false");
  EXPECT_EQ(Message("{\n\"top_k\": -1\n}"), "dir/config.json:2: 'top_k' must be a whole number");
  EXPECT_EQ(Message("{\"mode\": \"fast\"}"),
            "dir/config.json:1: 'mode' must be hybrid or semantic or keyword");
  EXPECT_EQ(Message("{\"top_k\": -1}"), "dir/config.json:1: 'top_k' must be a whole number");
  EXPECT_EQ(Message("{\"top_k\": 1e300}"), "dir/config.json:1: 'top_k' must be a whole number");
  EXPECT_EQ(Message("{\"include\": [1]}"), "dir/config.json:1: a list of texts was expected");
  EXPECT_EQ(Message("{\"include\": [[\"a\"]]}"), "dir/config.json:1: a list of texts was expected");
  EXPECT_EQ(Message("{\"include\": {\"a\": 1}}"), "dir/config.json:1: only 'ranking' is an object");
  EXPECT_EQ(Message("[]"), "dir/config.json:1: settings are one object: { \"key\": value }");
  EXPECT_EQ(Message("7"), "dir/config.json:1: settings are one object: { \"key\": value }");
  EXPECT_EQ(Message("{\"hidden\": true,}"),
            "dir/config.json:1: this is not JSON (comments are allowed, trailing commas are not)");
  EXPECT_NE(Message(""), "");
  EXPECT_NE(Message("{} {}"), "");
  EXPECT_NE(Message(std::string(100'000, '[')), "");
}

TEST(Settings, AProjectCannotReachOutOfItsTree) {
  for (const char* key : {"index", "model_path", "follow", "threads", "max_memory", "color"}) {
    const std::string json = "{\"" + std::string(key) + "\": \"1\"}";
    EXPECT_NE(Message(json, SettingsSource::kProject).find("cannot be set by a project"),
              std::string::npos)
        << key;
  }
  EXPECT_EQ(Message("{\"exclude\": [\"vendor\"]}", SettingsSource::kProject), "");
}

TEST(Settings, AProjectFileMustBeARegularFile) {
  const std::string dir = ::testing::TempDir() + "sg_settings_" + std::to_string(::getpid());
  std::filesystem::create_directories(dir);
  ASSERT_TRUE(WriteFileAtomic(dir + "/real.json", "{\"top_k\": 3}").ok());
  std::filesystem::create_symlink(dir + "/real.json", ProjectSettingsPath(dir));
  EXPECT_FALSE(LoadSettingsFile(ProjectSettingsPath(dir), SettingsSource::kProject).ok());
  EXPECT_TRUE(LoadSettingsFile(ProjectSettingsPath(dir), SettingsSource::kUser).ok());
  const auto missing = LoadSettingsFile(dir + "/none.json", SettingsSource::kUser);
  ASSERT_TRUE(missing.ok());
  EXPECT_FALSE(missing->top_k.has_value());
  std::filesystem::remove_all(dir);
}

TEST(Settings, LaterLayersWin) {
  Settings user{.hidden = true, .top_k = 5};
  Settings project{.top_k = 7};
  const Settings merged = MergeSettings(user, project);
  EXPECT_EQ(merged.top_k, 7u);
  EXPECT_EQ(merged.hidden, true);
}

TEST(Settings, Environment) {
  std::map<std::string, std::string> variables = {{"SG_INDEX", "/tmp/i.db"},
                                                  {"SG_THREADS", "3"},
                                                  {"SG_MAX_MEMORY", "1G"},
                                                  {"SG_AUTO_UPDATE", "0"},
                                                  {"SG_MODEL", ""}};
  const auto getenv = [&](const char* name) -> const char* {
    const auto at = variables.find(name);
    return at == variables.end() ? nullptr : at->second.c_str();
  };
  const auto settings = SettingsFromEnvironment(getenv);
  ASSERT_TRUE(settings.ok()) << settings.status().message();
  EXPECT_EQ(settings->index, "/tmp/i.db");
  EXPECT_EQ(settings->threads, 3u);
  EXPECT_EQ(settings->max_memory_bytes, 1u << 30);
  EXPECT_EQ(settings->auto_update, false);
  EXPECT_FALSE(settings->model.has_value());
  variables["SG_THREADS"] = "many";
  EXPECT_EQ(SettingsFromEnvironment(getenv).status().message(),
            "the environment variable SG_THREADS must be a whole number, not 'many'");
}

TEST(Settings, UserFilePath) {
  std::map<std::string, std::string> variables = {{"HOME", "/h"}};
  const auto getenv = [&](const char* name) -> const char* {
    const auto at = variables.find(name);
    return at == variables.end() ? nullptr : at->second.c_str();
  };
  EXPECT_EQ(UserSettingsPath(getenv), "/h/.config/sg/config.json");
  variables["XDG_CONFIG_HOME"] = "/x";
  EXPECT_EQ(UserSettingsPath(getenv), "/x/sg/config.json");
  variables["SG_CONFIG"] = "/c.json";
  EXPECT_EQ(UserSettingsPath(getenv), "/c.json");
}

}  // namespace
}  // namespace sg
