// main() of a fuzz target built without libFuzzer: runs the target on every file of the folder in
// argv[1] (its seeds, may be absent) and on reproducible mutations of each, so that the targets are
// ordinary tests under every compiler. Finding new inputs is libFuzzer's work (`tools/dev fuzz`).

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr int kMutationsPerSeed = 64;
constexpr size_t kMaxMutatedBytes = 16 * 1024;  // mutations of large seeds cost time, find little

void RunOne(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

// Returns `seed` with a few bytes changed, removed, repeated or cut off.
std::string Mutate(std::string seed, std::mt19937& random) {
  const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
  for (size_t edits = 1 + below(4); edits > 0; --edits) {
    if (seed.empty()) {
      seed.push_back(static_cast<char>(below(256)));
      continue;
    }
    const size_t at = below(seed.size());
    const size_t length = 1 + below(std::min<size_t>(seed.size() - at, 32));
    switch (below(5)) {
      case 0: seed[at] = static_cast<char>(below(256)); break;
      case 1: seed[at] = static_cast<char>(seed[at] ^ (1 << below(8))); break;
      case 2: seed.erase(at, length); break;
      case 3: seed.insert(at, seed.substr(at, length)); break;
      default: seed.resize(at); break;
    }
  }
  return seed;
}

std::vector<std::string> ReadSeeds(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  if (std::filesystem::is_directory(folder)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.is_regular_file()) paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> seeds = {"", std::string(1, '\0'), "\xff\xfe\xfd"};
  for (const auto& path : paths) {
    std::ifstream in(path, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return seeds;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s SEED_FOLDER\n", argv[0]);
    return 2;
  }
  const std::vector<std::string> seeds = ReadSeeds(argv[1]);
  std::mt19937 random(20240229);  // fixed: a failure repeats
  size_t runs = 0;
  for (const std::string& seed : seeds) {
    RunOne(seed);
    ++runs;
    if (seed.size() > kMaxMutatedBytes) continue;
    for (int i = 0; i < kMutationsPerSeed; ++i, ++runs) RunOne(Mutate(seed, random));
  }
  std::printf("%zu inputs from %zu seeds\n", runs, seeds.size());
  return 0;
}
