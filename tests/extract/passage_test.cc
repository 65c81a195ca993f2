#include "extract/passage.h"

#include <gtest/gtest.h>

#include <string>

namespace sg {
namespace {

const Language kText{.name = "text",
                     .display = "Text",
                     .family = LanguageFamily::kProse,
                     .extensions = {},
                     .file_names = {},
                     .aliases = {}};

SourceText TwoLines() {
  SourceText source;
  source.utf8 = "first\nsecond\n";
  source.line_starts = {0, 6};
  source.language = &kText;
  return source;
}

TEST(Passage, HoldsPathWordsScopeSignatureAndOwnLines) {
  Chunk chunk;
  chunk.line_begin = chunk.line_end = 2;
  chunk.byte_begin = 6;
  chunk.byte_end = 13;
  chunk.scope = "Pool.acquire";
  chunk.signature = "def acquire(self):";
  EXPECT_EQ(MakePassage("a/b/src/http/ConnectionPool.py", TwoLines(), chunk),
            "b src http connection pool\nPool.acquire\ndef acquire(self):\nsecond\n");
}

TEST(Passage, LeavesOutWhatIsEmpty) {
  Chunk chunk;
  chunk.byte_end = 6;
  EXPECT_EQ(MakePassage("read_me.txt", TwoLines(), chunk), "read me\nfirst\n");
  EXPECT_EQ(MakePassage(".gitignore", TwoLines(), chunk), "gitignore\nfirst\n");
  EXPECT_EQ(MakePassage("a.b/Makefile", TwoLines(), chunk), "a b makefile\nfirst\n");
}

}  // namespace
}  // namespace sg
