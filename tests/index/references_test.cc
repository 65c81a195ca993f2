#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "core/model/embedder.h"
#include "index/build/indexer.h"
#include "index/search/searcher.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

// What an index of `tree` (path -> text) says of Feature::kReferenced, by path.
std::map<std::string, double> Referenced(const std::map<std::string, std::string>& tree,
                                         const std::string& query) {
  const fs::path root = fs::temp_directory_path() / ("sg_references_" + std::to_string(::getpid()));
  fs::remove_all(root);
  fs::create_directories(root);
  for (const auto& [path, text] : tree) std::ofstream(root / path) << text;
  const auto embedder = OpenEmbedder("models/sg-static-v1", {});
  const IndexOptions index{.root = root.string(), .db_path = (root / ".sg/index.db").string()};
  std::map<std::string, double> referenced;
  if (embedder.ok() && UpdateIndex(index, **embedder).ok()) {
    auto searcher =
        Searcher::Open(*Snapshot::Open(index.db_path), **embedder, *(*embedder)->static_model());
    const auto response = (*searcher)->Search(query, {.every_candidate = true});
    EXPECT_TRUE(response.ok()) << response.status().message();
    for (const SearchResult& result : response->results) {
      referenced[result.path] = result.features[static_cast<size_t>(Feature::kReferenced)];
    }
  }
  fs::remove_all(root);
  return referenced;
}

// The query's words are in the first file only, by a wide margin.
constexpr const char* kFacade =
    "# Sends invoices: invoice sender, sending of invoices.\n"
    "class InvoiceSender:\n"
    "    def send_invoice(self, invoice):\n"
    "        return LedgerCore().post(invoice), shared_helper(invoice), run(invoice)\n";

TEST(References, WhatTheBestFileUsesCounts) {
  const auto referenced = Referenced(
      {{"sender.py", kFacade},
       {"core.py",
        "class LedgerCore:\n    def post(self, entry):\n        self.rows.append(entry)\n"},
       {"weather.py", "def rain_tomorrow(sky):\n    return sky.grey\n"}},
      "send invoice");
  EXPECT_EQ(referenced.at("core.py"), 1);
  EXPECT_EQ(referenced.at("sender.py"), 0);  // it names what it defines itself
  EXPECT_EQ(referenced.at("weather.py"), 0);
}

TEST(References, NamesInAnyStyleAreOne) {
  const auto referenced =
      Referenced({{"sender.py", kFacade}, {"core.js", "function ledger_core() { return 1; }\n"}},
                 "send invoice");
  EXPECT_EQ(referenced.at("core.js"), 1);
}

TEST(References, CommonAndShortNamesDoNot) {
  const std::string helper = "def shared_helper(x):\n    return x\n";
  const auto referenced = Referenced({{"sender.py", kFacade},
                                      {"a.py", helper},
                                      {"b.py", helper},
                                      {"c.py", helper},
                                      {"d.py", "def run(x):\n    return x\n"},
                                      {"e.py", "LEDGERCORE = 1\n"}},
                                     "send invoice");
  EXPECT_EQ(referenced.at("a.py"), 0);  // three files define it
  EXPECT_EQ(referenced.at("d.py"), 0);
  EXPECT_EQ(referenced.at("e.py"), 0);  // a variable is nothing that one refers to
}

// Twins that define the same function name each other.
TEST(References, TwoFilesMayDefineAName) {
  const std::string helper = "def shared_helper(x):\n    return x\n";
  const auto referenced =
      Referenced({{"sender.py", kFacade}, {"a.py", helper}, {"b.py", helper}}, "send invoice");
  EXPECT_EQ(referenced.at("a.py"), 1);
  EXPECT_EQ(referenced.at("b.py"), 1);
}

}  // namespace
}  // namespace sg
