// How fast a static model opens and embeds text, and how fast keyword terms are made, on one core.
//
//   static_embed_bench MODEL_DIR FILE [CHUNK_BYTES=900]
//
// FILE is any large text (concatenated source); it is cut every CHUNK_BYTES bytes.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "core/base/file.h"
#include "core/model/static_model.h"
#include "core/text/words.h"

namespace {

// Processor time of this process: other work on the machine does not count.
double CpuSeconds() {
  timespec now;
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Best of five runs of `work`, in seconds of processor time.
template <typename Work>
double BestSeconds(Work work) {
  double best = 1e9;
  for (int run = 0; run < 5; ++run) {
    const double begin = CpuSeconds();
    work();
    best = std::min(best, CpuSeconds() - begin);
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: static_embed_bench MODEL_DIR FILE [CHUNK_BYTES]\n");
    return 2;
  }
  const size_t chunk_bytes = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 900;
  const auto text = sg::ReadFile(argv[2]);
  const double begin = CpuSeconds();
  const auto model = sg::StaticModel::Open(argv[1]);
  const double first_open = CpuSeconds() - begin;
  if (!text.ok() || !model.ok() || chunk_bytes == 0) {
    std::fprintf(stderr, "%s%s\n", text.status().message().c_str(),
                 model.status().message().c_str());
    return 2;
  }
  const double open = BestSeconds([&] { (void)sg::StaticModel::Open(argv[1]); });
  float check = 0;
  size_t chunks = 0;
  const double embed = BestSeconds([&] {
    chunks = 0;
    for (size_t i = 0; i < text->size(); i += chunk_bytes, ++chunks) {
      std::vector<float> bag((*model)->dim(), 0.0f);
      (*model)->AddBag(std::string_view(*text).substr(i, chunk_bytes), 1, bag);
      sg::Normalize(bag);
      check += bag[0];
    }
  });
  std::string terms;
  terms.reserve(text->size() * 3);
  const double keyword = BestSeconds([&] {
    terms.clear();
    sg::AppendTermText(*text, &terms);
  });
  const double megabytes = static_cast<double>(text->size()) / 1e6;
  std::printf("open            %8.2f ms first, %.2f ms best\n", first_open * 1e3, open * 1e3);
  std::printf("embed           %8.1f MB/s, %zu chunks, %.2f us each (check %g)\n",
              megabytes / embed, chunks, embed * 1e6 / static_cast<double>(chunks), check);
  std::printf("keyword terms   %8.1f MB/s, %.2f bytes of terms a byte\n", megabytes / keyword,
              static_cast<double>(terms.size()) / static_cast<double>(text->size()));
  return 0;
}
