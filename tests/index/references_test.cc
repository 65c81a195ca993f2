#include <gtest/gtest.h>

#include <map>
#include <string>

#include "index/search/searcher.h"
#include "tests/index/index_fixture.h"

namespace sg {
namespace {

// What an index of `files` (path -> text) says of Feature::kReferenced, by path.
std::map<std::string, double> Referenced(const std::map<std::string, std::string>& files,
                                         const std::string& query) {
  const TempTree tree;
  for (const auto& [path, text] : files) tree.Write(path, text);
  const IndexOptions options = OptionsFor(tree);
  MustUpdate(options);
  const auto searcher = Searcher::Open(MustOpen(options.db_path), BundledEmbedder(),
                                       *BundledEmbedder().static_model());
  EXPECT_TRUE(searcher.ok()) << searcher.status().message();
  const auto response = (*searcher)->Search(query, {.every_candidate = true});
  EXPECT_TRUE(response.ok()) << response.status().message();
  std::map<std::string, double> referenced;
  for (const SearchResult& result : response->results) {
    referenced[result.path] = result.features[static_cast<size_t>(Feature::kReferenced)];
  }
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

// Of twins that define the same function, both.
TEST(References, TwoFilesMayDefineAName) {
  const std::string helper = "def shared_helper(x):\n    return x\n";
  const auto referenced =
      Referenced({{"sender.py", kFacade}, {"a.py", helper}, {"b.py", helper}}, "send invoice");
  EXPECT_EQ(referenced.at("a.py"), 1);
  EXPECT_EQ(referenced.at("b.py"), 1);
}

}  // namespace
}  // namespace sg
