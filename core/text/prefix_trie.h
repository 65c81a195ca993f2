#pragma once
// A set of byte strings that answers "which of them begin this text" in one walk: a double array
// (Aoe 1989) over bytes. Immutable after Build, thread-safe.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sg {

class PrefixTrie {
 public:
  static constexpr uint32_t kNone = 0xFFFFFFFF;

  // Where a walk stands; the default is before the first byte.
  struct Node {
    uint32_t index = 0;
  };

  PrefixTrie() = default;
  // Of equal keys the last one's value holds. Empty keys are left out. O(total length).
  // REQUIRES: values < kNone.
  static PrefixTrie Build(std::vector<std::pair<std::string_view, uint32_t>> entries);

  // Moves along `byte`; false if no key goes on so. O(1).
  bool Step(uint8_t byte, Node* node) const {
    const uint32_t next = cells_[node->index].base + byte;
    if (cells_[next].parent != node->index) return false;
    node->index = next;
    return true;
  }

  // The value of the key that ends here, or kNone.
  uint32_t ValueAt(Node node) const { return cells_[node.index].value; }

  // Walks all of `text`; false if no key begins so.
  bool Walk(std::string_view text, Node* node) const {
    for (const char c : text) {
      if (!Step(static_cast<uint8_t>(c), node)) return false;
    }
    return true;
  }

  // The value of the key `text`, or kNone.
  uint32_t Find(std::string_view text) const {
    Node node;
    return Walk(text, &node) ? ValueAt(node) : kNone;
  }

 private:
  struct Cell {
    uint32_t base = 0;
    uint32_t parent = kNone;
    uint32_t value = kNone;
  };
  class Builder;

  // cells_[cells_[i].base + b] is the child of i by byte b if its parent is i. There are always 256
  // cells behind the largest base.
  std::vector<Cell> cells_ = std::vector<Cell>(257);
};

}  // namespace sg
