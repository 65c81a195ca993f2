#include "core/hub/digest.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "core/base/file.h"
#include "core/hub/shared_library.h"

namespace sg {
namespace {

constexpr size_t kReadBytes = size_t{1} << 20;

struct Crypto {
  decltype(EVP_MD_CTX_new)* context_new = nullptr;
  decltype(EVP_MD_CTX_free)* context_free = nullptr;
  decltype(EVP_sha256)* sha256 = nullptr;
  decltype(EVP_sha1)* sha1 = nullptr;
  decltype(EVP_DigestInit_ex)* init = nullptr;
  decltype(EVP_DigestUpdate)* update = nullptr;
  decltype(EVP_DigestFinal_ex)* final = nullptr;
};

Result<Crypto> LoadCrypto() {
  SG_ASSIGN_OR_RETURN(const SharedLibrary library,
                      SharedLibrary::Open({"libcrypto.so.3", "libcrypto.so.1.1"}, "libssl3"));
  Crypto crypto;
  const bool complete = library.Load("EVP_MD_CTX_new", crypto.context_new) &&
                        library.Load("EVP_MD_CTX_free", crypto.context_free) &&
                        library.Load("EVP_sha256", crypto.sha256) &&
                        library.Load("EVP_sha1", crypto.sha1) &&
                        library.Load("EVP_DigestInit_ex", crypto.init) &&
                        library.Load("EVP_DigestUpdate", crypto.update) &&
                        library.Load("EVP_DigestFinal_ex", crypto.final);
  if (!complete) return UnsupportedError("this libcrypto lacks what sg needs of it");
  return crypto;
}

const Result<Crypto>& TheCrypto() {
  static const Result<Crypto> crypto = LoadCrypto();
  return crypto;
}

std::string Hex(const unsigned char* bytes, size_t size) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (size_t i = 0; i < size; ++i) {
    hex += kDigits[bytes[i] >> 4];
    hex += kDigits[bytes[i] & 15];
  }
  return hex;
}

}  // namespace

bool IsFileDigest(std::string_view etag) {
  return (etag.size() == 64 || etag.size() == 40) &&
         etag.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<std::string> FileDigest(const std::string& path, std::string_view like,
                               const std::atomic<bool>* cancel) {
  if (!TheCrypto().ok()) return TheCrypto().status();
  const Crypto& crypto = *TheCrypto();
  const ScopedFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0 && errno == ENOENT) return NotFoundError(path + " is not there");
  if (file.fd < 0) return ErrnoError("open", path, errno);
  struct stat info;
  if (::fstat(file.fd, &info) != 0) return ErrnoError("stat", path, errno);
  const std::unique_ptr<EVP_MD_CTX, decltype(EVP_MD_CTX_free)*> context(crypto.context_new(),
                                                                        crypto.context_free);
  const bool is_git = like.size() == 40;
  bool good = context != nullptr &&
              crypto.init(context.get(), is_git ? crypto.sha1() : crypto.sha256(), nullptr) == 1;
  if (is_git && good) {  // git hashes a header before the content
    std::string header = "blob " + std::to_string(info.st_size);
    header.push_back('\0');
    good = crypto.update(context.get(), header.data(), header.size()) == 1;
  }
  std::vector<char> buffer(kReadBytes);
  while (good) {
    if (cancel != nullptr && *cancel) return CancelledError("interrupted");
    const ssize_t n = ::read(file.fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError("read", path, errno);
    if (n == 0) break;
    good = crypto.update(context.get(), buffer.data(), static_cast<size_t>(n)) == 1;
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (!good || crypto.final(context.get(), digest, &size) != 1) {
    return InternalError("libcrypto cannot hash " + path);
  }
  return Hex(digest, size);
}

}  // namespace sg
