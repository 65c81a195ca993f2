#pragma once
// Hands numbered items to workers and their results to one consumer in the order of the items, with
// a bound on the cost (bytes) of what lies between. Thread-safe.
//
// No deadlock: items are admitted in order, so that the item the consumer waits for has been
// admitted before those behind it; when nothing that was admitted is left to take, the consumer is
// told to make room. A single item beyond the whole budget passes alone.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace sg {

template <typename T>
class OrderedPipeline {
 public:
  // `cost(i)` of items [0, count).
  OrderedPipeline(size_t count, uint64_t budget, std::function<uint64_t(size_t)> cost)
      : count_(count), budget_(budget), cost_(std::move(cost)) {}

  // For workers: the next item, once there is room for it; nullopt when there are no more.
  std::optional<size_t> Next() {
    std::unique_lock lock(mutex_);
    if (!stopped_ && next_ < count_ && !HasRoom()) {
      ++waiting_;
      ready_.notify_one();
      room_.wait(lock, [&] { return stopped_ || next_ >= count_ || HasRoom(); });
      --waiting_;
    }
    if (stopped_ || next_ >= count_) return std::nullopt;
    in_use_ += cost_(next_);
    return next_++;
  }

  // For workers: the result of item `i`.
  void Put(size_t i, T result) {
    std::lock_guard lock(mutex_);
    done_.emplace(i, std::move(result));
    ready_.notify_one();
  }

  enum class Taken {
    kResult,
    kNeedsRoom,  // all that was admitted has been taken, and the workers wait for Release
    kEnd,        // nothing more comes
  };
  // For the consumer: waits for the next result in order.
  Taken Take(T* out) {
    std::unique_lock lock(mutex_);
    const auto starved = [&] { return waiting_ > 0 && taken_ == next_ && !HasRoom(); };
    if (taken_ >= count_) return Taken::kEnd;
    ready_.wait(lock, [&] { return stopped_ || done_.contains(taken_) || starved(); });
    const auto result = done_.find(taken_);
    if (result == done_.end()) return stopped_ ? Taken::kEnd : Taken::kNeedsRoom;
    ++taken_;
    *out = std::move(result->second);
    done_.erase(result);
    return Taken::kResult;
  }

  // For the consumer: what has been taken so far needs no room any more.
  void Release() {
    std::lock_guard lock(mutex_);
    for (; released_ < taken_; ++released_) in_use_ -= cost_(released_);
    room_.notify_all();
  }

  // No item is handed out from now on, and Take no longer waits.
  void Stop() {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    room_.notify_all();
    ready_.notify_all();
  }

 private:
  // REQUIRES: next_ < count_.
  bool HasRoom() const { return in_use_ == 0 || in_use_ + cost_(next_) <= budget_; }

  const size_t count_;
  const uint64_t budget_;
  const std::function<uint64_t(size_t)> cost_;
  std::mutex mutex_;
  std::condition_variable room_, ready_;
  size_t next_ = 0;
  size_t taken_ = 0;
  size_t released_ = 0;
  uint64_t in_use_ = 0;
  size_t waiting_ = 0;  // workers in Next
  std::map<size_t, T> done_;
  bool stopped_ = false;
};

}  // namespace sg
