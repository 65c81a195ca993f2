#include "core/hub/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "core/hub/shared_library.h"
#include "core/text/ascii.h"

namespace sg {
namespace {

constexpr long kConnectTimeout_s = 15;
constexpr long kStallBytes_per_s = 100;  // slower than that is as good as nothing
constexpr size_t kMaxHeaders = 200;
constexpr size_t kMaxHeaderBytes = 16384;

struct Curl {
  decltype(curl_global_init)* global_init = nullptr;
  decltype(curl_easy_init)* init = nullptr;
  decltype(curl_easy_cleanup)* cleanup = nullptr;
  decltype(curl_easy_reset)* reset = nullptr;
  decltype(curl_easy_setopt)* setopt = nullptr;
  decltype(curl_easy_getinfo)* getinfo = nullptr;
  decltype(curl_easy_perform)* perform = nullptr;
  decltype(curl_easy_strerror)* strerror = nullptr;
  decltype(curl_slist_append)* append = nullptr;
  decltype(curl_slist_free_all)* free_all = nullptr;
};

Result<Curl> LoadCurl() {
  SG_ASSIGN_OR_RETURN(const SharedLibrary library,
                      SharedLibrary::Open({"libcurl.so.4", "libcurl-gnutls.so.4"}, "libcurl4"));
  Curl curl;
  const bool complete = library.Load("curl_global_init", curl.global_init) &&
                        library.Load("curl_easy_init", curl.init) &&
                        library.Load("curl_easy_cleanup", curl.cleanup) &&
                        library.Load("curl_easy_reset", curl.reset) &&
                        library.Load("curl_easy_setopt", curl.setopt) &&
                        library.Load("curl_easy_getinfo", curl.getinfo) &&
                        library.Load("curl_easy_perform", curl.perform) &&
                        library.Load("curl_easy_strerror", curl.strerror) &&
                        library.Load("curl_slist_append", curl.append) &&
                        library.Load("curl_slist_free_all", curl.free_all);
  if (!complete || curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return UnsupportedError("this libcurl lacks what sg needs of it");
  }
  return curl;
}

const Result<Curl>& TheCurl() {
  static const Result<Curl> curl = LoadCurl();
  return curl;
}

// The state of one request; what libcurl's callbacks get.
struct Exchange {
  const HttpRequest& request;
  HttpAnswer answer;
  Status error;  // why a callback ended the request
  bool told = false;

  bool Tell() {
    if (!told && request.on_answer) error = request.on_answer(answer);
    told = true;
    return error.ok();
  }
};

// "HTTP/1.1 206 Partial Content" -> 206.
int StatusOfLine(std::string_view line) {
  const size_t space = line.find(' ');
  return space == std::string_view::npos ? 0
                                         : std::atoi(std::string(line.substr(space + 1)).c_str());
}

size_t OnHeader(char* data, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line(data, size * count);
  if (line.starts_with("HTTP/")) {  // a proxy's or an interim answer begins anew
    exchange.answer.headers.clear();
    exchange.answer.status = StatusOfLine(line);
    return line.size();
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || line.size() > kMaxHeaderBytes) return line.size();
  if (exchange.answer.headers.size() >= kMaxHeaders) return line.size();
  exchange.answer.headers[AsciiLower(line.substr(0, colon))] = Trim(line.substr(colon + 1));
  return line.size();
}

size_t OnBody(char* data, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view piece(data, size * count);
  if (!exchange.Tell()) return 0;
  const bool good = exchange.answer.status >= 200 && exchange.answer.status < 300;
  if (good && exchange.request.sink) {
    exchange.error = exchange.request.sink(piece);
    return exchange.error.ok() ? piece.size() : 0;
  }
  if (exchange.answer.body.size() + piece.size() > exchange.request.max_body_bytes) {
    // The text of an error page is not worth an error.
    if (!good) return piece.size();
    exchange.error = ResourceExhaustedError("the answer of the server is absurdly long");
    return 0;
  }
  exchange.answer.body += piece;
  return piece.size();
}

int OnProgress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& exchange = *static_cast<Exchange*>(user);
  return exchange.request.cancel != nullptr && *exchange.request.cancel ? 1 : 0;
}

std::string CertificateFile() {
  for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

bool MayHelpToTryAgain(CURLcode code) {
  switch (code) {
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return true;
    default: return false;
  }
}

class CurlClient final : public HttpClient {
 public:
  CurlClient(const Curl& curl, CURL* handle) : curl_(curl), handle_(handle) {}
  ~CurlClient() override { curl_.cleanup(handle_); }
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;

  Result<HttpAnswer> Perform(const HttpRequest& request) override {
    if (OriginOf(request.url).empty()) {
      return IoError("refused to open an address that is not http or https");
    }
    Exchange exchange{.request = request, .answer = {}, .error = {}};
    curl_slist* headers = nullptr;
    for (const std::string& header : request.headers) {
      headers = curl_.append(headers, header.c_str());
    }
    Configure(request, headers, exchange);
    char message[CURL_ERROR_SIZE] = "";
    curl_.setopt(handle_, CURLOPT_ERRORBUFFER, message);
    const CURLcode code = curl_.perform(handle_);
    curl_.free_all(headers);
    if (request.cancel != nullptr && *request.cancel) return CancelledError("interrupted");
    if (!exchange.error.ok()) return exchange.error;
    if (code != CURLE_OK) return TransportError(code, message);
    if (!exchange.Tell()) return exchange.error;
    const char* target = nullptr;
    if (curl_.getinfo(handle_, CURLINFO_REDIRECT_URL, &target) == CURLE_OK && target != nullptr) {
      exchange.answer.redirect_url = target;
    }
    return std::move(exchange.answer);
  }

 private:
  void Configure(const HttpRequest& request, curl_slist* headers, Exchange& exchange) {
    curl_.reset(handle_);  // keeps connections
    curl_.setopt(handle_, CURLOPT_URL, request.url.c_str());
    curl_.setopt(handle_, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_.setopt(handle_, CURLOPT_FOLLOWLOCATION, 0L);
    curl_.setopt(handle_, CURLOPT_NOSIGNAL, 1L);
    curl_.setopt(handle_, CURLOPT_NETRC, long{CURL_NETRC_IGNORED});
    curl_.setopt(handle_, CURLOPT_USERAGENT, "sg");
    curl_.setopt(handle_, CURLOPT_NOBODY, request.head_only ? 1L : 0L);
    curl_.setopt(handle_, CURLOPT_HTTPHEADER, headers);
    curl_.setopt(handle_, CURLOPT_CONNECTTIMEOUT, kConnectTimeout_s);
    curl_.setopt(handle_, CURLOPT_LOW_SPEED_LIMIT, kStallBytes_per_s);
    curl_.setopt(handle_, CURLOPT_LOW_SPEED_TIME, long{request.stall_timeout_s});
    curl_.setopt(handle_, CURLOPT_TIMEOUT, long{request.total_timeout_s});
    curl_.setopt(handle_, CURLOPT_BUFFERSIZE, 262144L);
    curl_.setopt(handle_, CURLOPT_HEADERFUNCTION, &OnHeader);
    curl_.setopt(handle_, CURLOPT_HEADERDATA, &exchange);
    curl_.setopt(handle_, CURLOPT_WRITEFUNCTION, &OnBody);
    curl_.setopt(handle_, CURLOPT_WRITEDATA, &exchange);
    curl_.setopt(handle_, CURLOPT_NOPROGRESS, 0L);
    curl_.setopt(handle_, CURLOPT_XFERINFOFUNCTION, &OnProgress);
    curl_.setopt(handle_, CURLOPT_XFERINFODATA, &exchange);
    if (const std::string file = CertificateFile(); !file.empty()) {
      curl_.setopt(handle_, CURLOPT_CAINFO, file.c_str());
    }
  }

  Status TransportError(CURLcode code, const char* message) const {
    const std::string text = *message != '\0' ? message : curl_.strerror(code);
    return MayHelpToTryAgain(code) ? BusyError(text) : IoError(text);
  }

  const Curl& curl_;
  CURL* const handle_;
};

}  // namespace

std::string_view HttpAnswer::Header(std::string_view name) const {
  const auto it = headers.find(name);
  return it == headers.end() ? std::string_view() : std::string_view(it->second);
}

Result<std::unique_ptr<HttpClient>> HttpClient::Create() {
  if (!TheCurl().ok()) return TheCurl().status();
  CURL* handle = TheCurl()->init();
  if (handle == nullptr) return InternalError("libcurl gives no handle");
  return std::unique_ptr<HttpClient>(std::make_unique<CurlClient>(*TheCurl(), handle));
}

std::string OriginOf(std::string_view url) {
  const size_t colon = url.find("://");
  if (colon == std::string_view::npos) return "";
  const std::string scheme = AsciiLower(url.substr(0, colon));
  if (scheme != "http" && scheme != "https") return "";
  std::string_view host = url.substr(colon + 3);
  host = host.substr(0, host.find_first_of("/?#\\"));
  if (const size_t at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  if (host.empty()) return "";
  std::string origin = scheme + "://" + AsciiLower(host);
  const size_t bracket = host.rfind(']');  // of an IPv6 address
  const size_t port = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (port == std::string_view::npos) origin += scheme == "https" ? ":443" : ":80";
  return origin;
}

std::string UrlEncoded(std::string_view text, bool keep_slash) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~' ||
        (keep_slash && c == '/')) {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

}  // namespace sg
