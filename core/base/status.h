#pragma once
// Status and Result<T>: how every fallible function of sg reports failure.
//
// A message says what was being done, to which file, and what to try; callers add context with
// Status::WithContext rather than rewording. Nothing here prints, throws or exits. Immutable and
// cheap to copy when ok (one pointer); thread-compatible. After LevelDB's Status and
// absl::StatusOr.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sg {

enum class StatusCode {
  kOk,
  kInvalidArgument,    // the caller's words are wrong: a flag, a query, a configuration value
  kNotFound,           // the named thing does not exist
  kIo,                 // the operating system refused: permission, disk full, read error
  kCorrupt,            // bytes that do not follow their format (hostile or damaged)
  kUnsupported,        // well-formed, but a version or feature this build does not have
  kBusy,               // somebody else holds it; trying again later may work
  kCancelled,          // stopped on request (Ctrl-C)
  kResourceExhausted,  // a stated limit was reached: size, depth, time, memory
  kInternal,           // our own bug
};

// The name of `code` as it appears in JSON output, e.g. "not_found".
std::string_view StatusCodeName(StatusCode code);

class [[nodiscard]] Status {
 public:
  Status() = default;  // ok
  // REQUIRES: code != kOk.
  Status(StatusCode code, std::string message);

  static Status Ok() { return Status(); }

  bool ok() const { return rep_ == nullptr; }
  StatusCode code() const { return rep_ ? rep_->code : StatusCode::kOk; }
  // Empty when ok.
  const std::string& message() const;

  // Returns this status with "context: " before its message; ok stays ok.
  Status WithContext(std::string_view context) const;

 private:
  struct Rep {
    StatusCode code;
    std::string message;
  };
  std::shared_ptr<const Rep> rep_;
};

Status InvalidArgumentError(std::string message);
Status NotFoundError(std::string message);
Status IoError(std::string message);
// `action` and `path` with the text of errno, e.g. "cannot open src/a.c: Permission denied".
Status ErrnoError(std::string_view action, std::string_view path, int error_number);
Status CorruptError(std::string message);
Status UnsupportedError(std::string message);
Status BusyError(std::string message);
Status CancelledError(std::string message);
Status ResourceExhaustedError(std::string message);
Status InternalError(std::string message);

// A value or the reason why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}          // NOLINT: implicit on purpose
  Result(Status status) : status_(std::move(status)) {}  // NOLINT: REQUIRES !status.ok()

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }

  // REQUIRES: ok().
  T& value() & { return *value_; }
  const T& value() const& { return *value_; }
  T&& value() && { return std::move(*value_); }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return std::move(*value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace sg

#define SG_CONCAT_INNER_(a, b) a##b
#define SG_CONCAT_(a, b) SG_CONCAT_INNER_(a, b)

// Returns the status of `expr` from the enclosing function unless it is ok.
#define SG_RETURN_IF_ERROR(expr)                                               \
  do {                                                                         \
    if (::sg::Status sg_status_ = (expr); !sg_status_.ok()) return sg_status_; \
  } while (false)

// SG_ASSIGN_OR_RETURN(auto x, F()): x = *F(), or returns F()'s status.
#define SG_ASSIGN_OR_RETURN(lhs, expr) \
  SG_ASSIGN_OR_RETURN_IMPL_(SG_CONCAT_(sg_result_, __LINE__), lhs, expr)
#define SG_ASSIGN_OR_RETURN_IMPL_(result, lhs, expr) \
  auto result = (expr);                              \
  if (!result.ok()) return result.status();          \
  lhs = std::move(result).value()
