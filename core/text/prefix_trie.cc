#include "core/text/prefix_trie.h"

#include <algorithm>
#include <deque>

namespace sg {

// Places one node's children after another, first fit. The search for a place begins behind the
// region that proved nearly full, so that building stays linear in practice.
class PrefixTrie::Builder {
 public:
  explicit Builder(std::vector<std::pair<std::string_view, uint32_t>> entries)
      : entries_(std::move(entries)) {
    std::stable_sort(entries_.begin(), entries_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
  }

  std::vector<Cell> Build() {
    cells_.assign(257, Cell{});
    cells_[0] = {.base = 1, .parent = 0, .value = kNone};
    std::deque<Task> tasks = {{.node = 0, .begin = 0, .end = entries_.size(), .depth = 0}};
    while (!tasks.empty()) {
      const Task task = tasks.front();
      tasks.pop_front();
      Place(task, &tasks);
    }
    return std::move(cells_);
  }

 private:
  // The node to which entries [begin, end) lead by their first `depth` bytes.
  struct Task {
    uint32_t node;
    size_t begin, end, depth;
  };

  void Place(const Task& task, std::deque<Task>* tasks) {
    std::vector<Task> children;
    std::vector<uint8_t> labels;
    for (size_t i = task.begin; i < task.end;) {
      const std::string_view key = entries_[i].first;
      if (key.size() == task.depth) {
        if (task.depth > 0) cells_[task.node].value = entries_[i].second;
        ++i;
        continue;
      }
      size_t end = i + 1;
      while (end < task.end && entries_[end].first.size() > task.depth &&
             entries_[end].first[task.depth] == key[task.depth]) {
        ++end;
      }
      labels.push_back(static_cast<uint8_t>(key[task.depth]));
      children.push_back({.node = 0, .begin = i, .end = end, .depth = task.depth + 1});
      i = end;
    }
    if (labels.empty()) return;
    const uint32_t base = FindBase(labels);
    cells_[task.node].base = base;
    for (size_t i = 0; i < labels.size(); ++i) {
      children[i].node = base + labels[i];
      cells_[children[i].node].parent = task.node;
      tasks->push_back(children[i]);
    }
  }

  uint32_t FindBase(const std::vector<uint8_t>& labels) {
    constexpr size_t kPatience = 64;
    size_t tries = 0;
    uint32_t base = search_from_;
    for (;; ++base) {
      if (base + 512 > cells_.size()) cells_.resize(cells_.size() * 3 / 2 + 512);
      const bool fits = std::none_of(labels.begin(), labels.end(), [&](uint8_t label) {
        return cells_[base + label].parent != kNone;
      });
      if (fits) break;
      if (++tries == kPatience) search_from_ = base;
    }
    return base;
  }

  std::vector<std::pair<std::string_view, uint32_t>> entries_;
  std::vector<Cell> cells_;
  uint32_t search_from_ = 1;
};

PrefixTrie PrefixTrie::Build(std::vector<std::pair<std::string_view, uint32_t>> entries) {
  PrefixTrie trie;
  trie.cells_ = Builder(std::move(entries)).Build();
  return trie;
}

}  // namespace sg
