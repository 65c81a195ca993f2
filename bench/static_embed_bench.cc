// How fast a static model opens and embeds text, and how fast keyword terms are made, on one core.
//
//   static_embed_bench MODEL_DIR FILE [CHUNK_BYTES=900]
//
// FILE is any large text (concatenated source); it is cut every CHUNK_BYTES bytes.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/cpu_time.h"
#include "bench/must.h"
#include "core/base/file.h"
#include "core/model/static_model.h"
#include "core/text/words.h"

namespace {
constexpr int kRuns = 5;
}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: static_embed_bench MODEL_DIR FILE [CHUNK_BYTES]\n");
    return 2;
  }
  const size_t chunk_bytes = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 900;
  const std::string text = sg::bench::Must(sg::ReadFile(argv[2]));
  const double begin = sg::bench::CpuSeconds();
  const auto model = sg::bench::Must(sg::StaticModel::Open(argv[1]));
  const double first_open = sg::bench::CpuSeconds() - begin;
  if (chunk_bytes == 0) sg::bench::Fail("CHUNK_BYTES is 0");
  const double open =
      sg::bench::BestCpuSeconds(kRuns, [&] { (void)sg::StaticModel::Open(argv[1]); });
  float check = 0;
  size_t chunks = 0;
  const double embed = sg::bench::BestCpuSeconds(kRuns, [&] {
    chunks = 0;
    for (size_t i = 0; i < text.size(); i += chunk_bytes, ++chunks) {
      std::vector<float> bag(model->dim(), 0.0f);
      model->AddBag(std::string_view(text).substr(i, chunk_bytes), 1, bag);
      sg::Normalize(bag);
      check += bag[0];
    }
  });
  std::string terms;
  terms.reserve(text.size() * 3);
  const double keyword = sg::bench::BestCpuSeconds(kRuns, [&] {
    terms.clear();
    sg::AppendTermText(text, &terms);
  });
  const double megabytes = static_cast<double>(text.size()) / 1e6;
  std::printf("open            %8.2f ms first, %.2f ms best\n", first_open * 1e3, open * 1e3);
  std::printf("embed           %8.1f MB/s, %zu chunks, %.2f us each (check %g)\n",
              megabytes / embed, chunks, embed * 1e6 / static_cast<double>(chunks), check);
  std::printf("keyword terms   %8.1f MB/s, %.2f bytes of terms a byte\n", megabytes / keyword,
              static_cast<double>(terms.size()) / static_cast<double>(text.size()));
  return 0;
}
