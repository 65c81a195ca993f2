#pragma once
// Ctrl-C as a request to stop cleanly: while an InterruptScope lives, the first SIGINT or SIGTERM
// sets a flag that long work looks at, a second one ends the process at once. Elsewhere signals
// have their usual effect.

#include <atomic>

namespace sg {

// At most one at a time.
class InterruptScope {
 public:
  InterruptScope();
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;

  const std::atomic<bool>* flag() const;
};

}  // namespace sg
