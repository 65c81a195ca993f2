// Connections, kept open.
#include <vector>

namespace net::pool {

// How many are kept.
constexpr int kLimit = 8;

template <typename T>
class Pool final : public Base<T> {
 public:
  explicit Pool(int limit);
  ~Pool() override { Close(); }

  // Takes one.
  T& take() {
    return free_.back();
  }

  Pool& operator=(const Pool&) = delete;

 private:
  std::vector<T> free_;
};

/// Closes everything.
template <typename T>
requires Closable<T>
void Close(Pool<T>& pool) {
  pool.clear();
}

int Pool<int>::count() const {
  return 1;
}

enum class State { kOpen, kClosed };

}  // namespace net::pool

NET_BEGIN
namespace detail {

class NET_EXPORT Hidden {
 public:
  void run() {
    step();
  }
};

}  // namespace detail
