#pragma once
// HTTP for downloads, over libcurl (https://curl.se/libcurl), which is loaded on first use. One
// request at a time and redirects as answers: who may be told what is the caller's decision.
// Proxies come from https_proxy, http_proxy and no_proxy, certificates from the system or
// SSL_CERT_FILE. A connection on which nothing arrives for a while ends with an error.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"

namespace sg {

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string, std::less<>> headers;  // names in lower case
  std::string redirect_url;                                 // absolute; empty unless 3xx
  std::string body;

  // The value of a header, or "".
  std::string_view Header(std::string_view name) const;
};

struct HttpRequest {
  std::string url;                   // http or https only
  std::vector<std::string> headers;  // "Name: value"
  bool head_only = false;
  int stall_timeout_s = 30;  // without a byte for so long: broken
  int total_timeout_s = 0;   // 0: none
  // Called once with status and headers, before the body; an error ends the request with it.
  std::function<Status(const HttpAnswer&)> on_answer;
  // Gets the body of an answer 2xx piece by piece; an error ends the request with it. Without it
  // the body is kept, at most max_body_bytes of it.
  std::function<Status(std::string_view)> sink;
  uint64_t max_body_bytes = uint64_t{16} << 20;
  const std::atomic<bool>* cancel = nullptr;
};

// Thread-compatible: one thread at a time. Keeps its connections open between requests.
class HttpClient {
 public:
  // kUnsupported without libcurl.
  static Result<std::unique_ptr<HttpClient>> Create();
  virtual ~HttpClient() = default;

  // Any answer of the server is ok(). kIo if none could be had (name, connection, certificate);
  // kBusy if the connection broke or stalled, so that another try may help; kCancelled.
  virtual Result<HttpAnswer> Perform(const HttpRequest& request) = 0;
};

// "https://host:port", lower case, with the default port filled in; "" if `url` is no web address.
std::string OriginOf(std::string_view url);

// `text` with everything but letters, digits, '-', '_', '.', '~' as %XX; '/' is kept if asked.
std::string UrlEncoded(std::string_view text, bool keep_slash);

}  // namespace sg
