#include "core/hub/hub_client.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "core/hub/digest.h"

namespace sg {
namespace {

using Json = nlohmann::json;

constexpr int kMaxRedirects = 6;
constexpr int kMetadataTimeout_s = 60;
constexpr int kMaxAskedWait_s = 60;
constexpr std::chrono::milliseconds kFirstWait{250};
constexpr size_t kMaxRepoFiles = 100000;

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::optional<uint64_t> ParseNumber(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// W/"abc" and "abc" -> abc.
std::string_view BareEtag(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return etag;
}

const Json* Member(const Json& json, const char* key) {
  if (!json.is_object()) return nullptr;
  const auto it = json.find(key);
  return it == json.end() ? nullptr : &*it;
}

std::string Text(const Json* json) {
  if (json != nullptr && json->is_array() && !json->empty()) json = &json->front();
  return json != nullptr && json->is_string() ? json->get<std::string>() : std::string();
}

std::string LicenseOf(const Json& info) {
  std::string license;
  if (const Json* card = Member(info, "cardData")) {
    license = Text(Member(*card, "license"));
    const std::string name = Text(Member(*card, "license_name"));
    if (license == "other" && !name.empty()) license = name;
  }
  const Json* tags = Member(info, "tags");
  if (!license.empty() || tags == nullptr || !tags->is_array()) return license;
  for (const Json& tag : *tags) {
    const std::string text = Text(&tag);
    if (text.starts_with("license:")) return text.substr(8);
  }
  return license;
}

Result<RepoInfo> ParseInfo(const std::string& body) {
  const Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  RepoInfo info;
  info.commit = Text(Member(json, "sha"));
  if (!IsCommit(info.commit)) return CorruptError("the answer of the hub names no commit");
  info.license = LicenseOf(json);
  const Json* siblings = Member(json, "siblings");
  if (siblings == nullptr || !siblings->is_array() || siblings->size() > kMaxRepoFiles) {
    return CorruptError("the answer of the hub lists no files");
  }
  for (const Json& sibling : *siblings) info.files.push_back(Text(Member(sibling, "rfilename")));
  return info;
}

}  // namespace

Result<HubClient> HubClient::Create(const HubSettings& settings, const std::atomic<bool>* cancel) {
  SG_ASSIGN_OR_RETURN(std::unique_ptr<HttpClient> http, HttpClient::Create());
  return HubClient(settings, cancel, std::move(http));
}

Result<HttpAnswer> HubClient::Follow(HttpRequest request, bool stay) {
  const std::string endpoint = OriginOf(settings_->endpoint);
  const std::vector<std::string> plain = request.headers;
  request.stall_timeout_s = settings_->stall_timeout_s;
  request.cancel = cancel_;
  for (int hop = 0; hop <= kMaxRedirects; ++hop) {
    request.headers = plain;
    if (!settings_->token.empty() && OriginOf(request.url) == endpoint) {
      request.headers.push_back("Authorization: Bearer " + settings_->token);
    }
    SG_ASSIGN_OR_RETURN(HttpAnswer answer, http_->Perform(request));
    if (!IsRedirect(answer.status)) return answer;
    const std::string origin = OriginOf(answer.redirect_url);
    if (origin.empty()) return IoError("the server redirects to an address that cannot be opened");
    if (stay && (origin != endpoint || !answer.Header("x-linked-etag").empty())) return answer;
    if (request.url.starts_with("https:") && !origin.starts_with("https:")) {
      return IoError("the server redirects from https to http (" + origin + "); not followed");
    }
    request.url = answer.redirect_url;
  }
  return IoError("the server redirects in a circle");
}

Status HubClient::StatusOf(const HttpAnswer& answer, const std::string& what) {
  const std::string at =
      " (" + settings_->endpoint + " answers " + std::to_string(answer.status) + ")";
  switch (answer.status) {
    case 200:
    case 206: return Status::Ok();
    case 401:
      return IoError("no access to " + what + at +
                     (settings_->token.empty()
                          ? "; either there is no such model, or it needs a token: set HF_TOKEN"
                          : "; the token in HF_TOKEN is not accepted"));
    case 403:
      return IoError("no access to " + what + at +
                     "; perhaps its terms have to be accepted on its web page first");
    case 404: return NotFoundError("there is no " + what + at);
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      asked_wait_s_ = static_cast<int>(std::min<uint64_t>(
          ParseNumber(answer.Header("retry-after")).value_or(0), kMaxAskedWait_s));
      return BusyError(
          "cannot get " + what + at +
          (answer.status == 429 ? "; too many requests: try again later" : "; try again later"));
    default: return IoError("cannot get " + what + at);
  }
}

Status HubClient::WaitBeforeRetry(int attempt) const {
  using std::chrono::steady_clock;
  const auto wait = std::max<std::chrono::milliseconds>(
      kFirstWait * (1 << std::min(attempt - 1, 6)), std::chrono::seconds(asked_wait_s_));
  const auto end = steady_clock::now() + wait;
  while (steady_clock::now() < end) {
    if (cancel_ != nullptr && *cancel_) return CancelledError("interrupted");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return Status::Ok();
}

Result<HttpAnswer> HubClient::FollowWithRetries(const HttpRequest& request, bool stay,
                                                const std::string& what) {
  for (int attempt = 1;; ++attempt) {
    asked_wait_s_ = 0;
    Result<HttpAnswer> answer = Follow(request, stay);
    Status status = answer.status();
    if (!answer.ok()) {
      if (status.code() != StatusCode::kCancelled) {
        status = status.WithContext("cannot reach " + settings_->endpoint);
      }
    } else if (!stay || !IsRedirect(answer->status)) {
      status = StatusOf(*answer, what);
    }
    if (status.ok()) return answer;
    if (status.code() != StatusCode::kBusy || attempt == kHubAttempts) return status;
    SG_RETURN_IF_ERROR(WaitBeforeRetry(attempt));
  }
}

Result<RepoInfo> HubClient::Info(const std::string& repo, const std::string& revision) {
  const std::string what = "model " + repo + (revision == "main" ? "" : "@" + revision);
  const HttpRequest request{.url = settings_->endpoint + "/api/models/" + repo + "/revision/" +
                                   UrlEncoded(revision, /*keep_slash=*/false),
                            .headers = {"Accept: application/json"},
                            .total_timeout_s = kMetadataTimeout_s};
  SG_ASSIGN_OR_RETURN(const HttpAnswer answer, FollowWithRetries(request, /*stay=*/false, what));
  Result<RepoInfo> info = ParseInfo(answer.body);
  if (!info.ok()) return info.status().WithContext("cannot get " + what);
  return info;
}

std::string HubClient::FileUrl(const std::string& repo, const std::string& commit,
                               const std::string& file) const {
  return settings_->endpoint + "/" + repo + "/resolve/" + commit + "/" +
         UrlEncoded(file, /*keep_slash=*/true);
}

Result<RemoteFile> HubClient::Stat(const std::string& repo, const std::string& commit,
                                   const std::string& file) {
  const HttpRequest request{.url = FileUrl(repo, commit, file),
                            .headers = {"Accept-Encoding: identity"},
                            .head_only = true,
                            .total_timeout_s = kMetadataTimeout_s};
  const std::string what = file + " of " + repo;
  SG_ASSIGN_OR_RETURN(const HttpAnswer answer, FollowWithRetries(request, /*stay=*/true, what));
  const bool linked = !answer.Header("x-linked-etag").empty();
  RemoteFile remote{.name = file};
  remote.digest = BareEtag(answer.Header(linked ? "x-linked-etag" : "etag"));
  const std::string_view linked_size = answer.Header("x-linked-size");
  const auto size =
      ParseNumber(linked && !linked_size.empty() ? linked_size : answer.Header("content-length"));
  if (!IsFileDigest(remote.digest)) {
    return CorruptError("the server tells no hash of " + what + ", so it cannot be verified");
  }
  if (!size || (linked && linked_size.empty() && IsRedirect(answer.status))) {
    return CorruptError("the server tells no size of " + what);
  }
  remote.size_bytes = *size;
  return remote;
}

Status HubClient::Read(const std::string& repo, const std::string& commit, const RemoteFile& file,
                       ByteRange wanted, const std::function<Status(ByteRange bytes)>& begin,
                       const std::function<Status(std::string_view bytes)>& sink) {
  const std::string what = file.name + " of " + repo;
  const bool to_end = wanted.end == file.size_bytes;
  HttpRequest request{.url = FileUrl(repo, commit, file.name),
                      .headers = {"Accept-Encoding: identity"}};
  const std::string bytes = std::to_string(wanted.begin) + "-";
  const std::string last = to_end ? "" : std::to_string(wanted.end - 1);
  if (wanted.begin > 0 || !to_end) request.headers.push_back("Range: bytes=" + bytes + last);
  request.sink = sink;
  request.on_answer = [&](const HttpAnswer& answer) -> Status {
    if (IsRedirect(answer.status)) return Status::Ok();
    SG_RETURN_IF_ERROR(StatusOf(answer, what));
    if (answer.status == 200) return begin({0, file.size_bytes});
    const std::string expected = "bytes " + bytes + last + (last.empty() ? "" : "/");
    if (!answer.Header("content-range").starts_with(expected)) {
      return CorruptError("the server sends another part of " + what + " than it was asked for");
    }
    return begin(wanted);
  };
  asked_wait_s_ = 0;
  const Result<HttpAnswer> answer = Follow(request, /*stay=*/false);
  if (answer.ok()) return StatusOf(*answer, what);
  return answer.status();
}

}  // namespace sg
