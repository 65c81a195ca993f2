#include "index/query/places.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <string>

#include "core/text/ascii.h"
#include "extract/language.h"

namespace sg {
namespace {

re2::StringPiece Piece(std::string_view s) { return {s.data(), s.size()}; }

// One way in which tools write "file, line". Group 1 is the file, group 2 the line.
struct TraceForm {
  const char* pattern;
  bool java = false;  // group 1 is the qualified method, group 2 the file, group 3 the line
};

// The order is the order of trust: the first form that matches a line of the query wins.
constexpr std::array kTraceForms = {
    // Python: File "app/views.py", line 12, in show
    TraceForm{R"re(File "([^"\n]{1,1000})", line (\d{1,7}))re"},
    // Java, Kotlin, Scala: at com.example.Router$Inner.match(Router.java:42)
    TraceForm{
        R"re(([\w$.<>/-]{1,500})\(([\w$-]{1,200}\.(?:java|kt|scala|groovy|clj)):(\d{1,7})\))re",
        true},
    // .NET: at Foo.Bar() in C:\src\Foo.cs:line 12
    TraceForm{R"re(\bin (\S[^\n]{0,1000}?):line (\d{1,7}))re"},
    // PHP: in /var/www/index.php on line 12
    TraceForm{R"re(\bin (\S{1,1000}) on line (\d{1,7}))re"},
    // gcc, clang, go, rustc, ruby, node, gdb: path/file.ext:12 or :12:5
    TraceForm{
        R"re(([^\s:()"'`<>@,=\[\]]{0,1000}[^\s:()"'`<>@,=\[\]/\\.]\.[A-Za-z_][\w+]{0,9}):(\d{1,7})\b)re"},
    // MSVC, PHP, TypeScript: file.cpp(12) or file.ts(12,5)
    TraceForm{
        R"re(([^\s:()"'`<>,=\[\]]{1,1000}\.[A-Za-z_][\w+]{0,9})\((\d{1,7})(?:,\d{1,7})?\))re"},
    // Files without extension, where a folder makes it a path: build/Makefile:12
    TraceForm{R"re(([^\s:()"'`<>@,=\[\]]{1,1000}/[\w.+-]{1,100}):(\d{1,7})\b)re"},
};

const RE2& CompiledForm(size_t i) {
  static const auto* forms = [] {
    auto* all = new std::array<std::unique_ptr<RE2>, kTraceForms.size()>;
    for (size_t k = 0; k < kTraceForms.size(); ++k) {
      (*all)[k] = std::make_unique<RE2>(kTraceForms[k].pattern, RE2::Quiet);
    }
    return all;
  }();
  return *(*forms)[i];
}

// '\\' -> '/', without "./", "file://" and a drive letter.
std::string NormalizePath(std::string_view path) {
  std::string out(path);
  std::replace(out.begin(), out.end(), '\\', '/');
  if (out.rfind("file://", 0) == 0) out.erase(0, 7);
  if (out.size() > 2 && out[1] == ':' && out[2] == '/') out.erase(0, 2);
  while (out.rfind("./", 0) == 0) out.erase(0, 2);
  return out;
}

// "java.base/com.example.Router$Inner.match", "Router.java" -> "com/example/Router.java".
std::string JavaPath(std::string_view method, std::string_view file) {
  if (size_t slash = method.rfind('/'); slash != std::string_view::npos) {
    method.remove_prefix(slash + 1);
  }
  std::string folders;
  for (size_t dot = method.find('.'); dot != std::string_view::npos; dot = method.find('.')) {
    std::string_view part = method.substr(0, dot);
    if (part.empty() || !(part[0] >= 'a' && part[0] <= 'z')) break;  // the class
    folders.append(part);
    folders += '/';
    method.remove_prefix(dot + 1);
  }
  return folders + std::string(file);
}

uint32_t ParseLine(std::string_view digits) {
  uint32_t line = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), line);
  return line;
}

bool MatchForm(size_t i, std::string_view line, QueryPlace* place) {
  re2::StringPiece a, b, c;
  if (kTraceForms[i].java) {
    if (!RE2::PartialMatch(Piece(line), CompiledForm(i), &a, &b, &c)) return false;
    *place = {.path = JavaPath({a.data(), a.size()}, {b.data(), b.size()}),
              .line = ParseLine({c.data(), c.size()})};
    return true;
  }
  if (!RE2::PartialMatch(Piece(line), CompiledForm(i), &a, &b)) return false;
  *place = {.path = NormalizePath({a.data(), a.size()}), .line = ParseLine({b.data(), b.size()})};
  return true;
}

// A single word such as src/app/main.rs, main.rs or lib/router.
bool LooksLikePath(std::string_view word) {
  if (word.empty() || word.size() > 1000) return false;
  if (std::any_of(word.begin(), word.end(), [](char c) {
        return IsAsciiSpace(c) ||
               std::string_view("\"'`(){}<>|*?;,=:").find(c) != std::string_view::npos;
      })) {
    return false;
  }
  if (word.find('/') != std::string_view::npos || word.find('\\') != std::string_view::npos) {
    return word.find_first_not_of("/\\.") != std::string_view::npos;
  }
  // Session.send is a method, session.py a file.
  return word[0] != '.' && DetectLanguage(word, /*content_head=*/{}) != nullptr;
}

// The forms are tried only where a digit follows a ':' , '(' or "line ": compiling the expressions
// costs more than the rest of a query.
bool MayHoldLineNumber(std::string_view text) {
  for (size_t i = 1; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (digit && (text[i - 1] == ':' || text[i - 1] == '(' || text[i - 1] == ' ')) return true;
  }
  return false;
}

std::string_view StripExtension(std::string_view path) {
  const size_t slash = path.rfind('/');
  const size_t name = slash == std::string_view::npos ? 0 : slash + 1;
  const size_t dot = path.rfind('.');
  return dot == std::string_view::npos || dot <= name ? path : path.substr(0, dot);
}

// Equal components of `a` and `b` from the end.
int CommonTail(std::string_view a, std::string_view b) {
  int count = 0;
  while (!a.empty() && !b.empty()) {
    const size_t sa = a.rfind('/'), sb = b.rfind('/');
    const std::string_view ta = sa == std::string_view::npos ? a : a.substr(sa + 1);
    const std::string_view tb = sb == std::string_view::npos ? b : b.substr(sb + 1);
    if (ta != tb) break;
    ++count;
    a = sa == std::string_view::npos ? std::string_view() : a.substr(0, sa);
    b = sb == std::string_view::npos ? std::string_view() : b.substr(0, sb);
  }
  return count;
}

}  // namespace

std::vector<QueryPlace> FindPlaces(std::string_view text) {
  std::vector<QueryPlace> places;
  if (MayHoldLineNumber(text)) {
    for (std::string_view rest = text; !rest.empty() && places.size() < kMaxQueryPlaces;) {
      const std::string_view line = TakeLine(&rest);
      QueryPlace place;
      for (size_t i = 0; i < kTraceForms.size(); ++i) {
        if (MatchForm(i, line, &place)) {
          places.push_back(std::move(place));
          break;
        }
      }
    }
    // Python prints the innermost frame last.
    if (text.find("most recent call last") != std::string_view::npos) {
      std::reverse(places.begin(), places.end());
    }
  }
  if (const std::string_view word = Trim(text); places.empty() && LooksLikePath(word)) {
    places.push_back({.path = NormalizePath(word), .line = 0});
  }
  return places;
}

int PlaceAgreement(const QueryPlace& place, std::string_view path) {
  std::string_view wanted = place.path;
  while (!wanted.empty() && wanted.back() == '/') wanted.remove_suffix(1);
  while (!wanted.empty() && wanted.front() == '/') wanted.remove_prefix(1);
  // "../x/y.cc" is relative to somewhere we do not know.
  while (wanted.rfind("../", 0) == 0) wanted.remove_prefix(3);
  if (wanted.empty()) return 0;
  if (const int common = CommonTail(wanted, path)) return common;
  const bool has_folder = wanted.find('/') != std::string_view::npos;
  return has_folder && StripExtension(wanted) == wanted ? CommonTail(wanted, StripExtension(path))
                                                        : 0;
}

bool PlaceNamesFile(const QueryPlace& place, std::string_view path) {
  const int agreement = PlaceAgreement(place, path);
  if (agreement == 0) return false;
  const auto components = [](std::string_view p) {
    return 1 + static_cast<int>(std::count(p.begin(), p.end(), '/'));
  };
  std::string_view wanted = place.path;
  while (!wanted.empty() && wanted.back() == '/') wanted.remove_suffix(1);
  while (!wanted.empty() && wanted.front() == '/') wanted.remove_prefix(1);
  while (wanted.rfind("../", 0) == 0) wanted.remove_prefix(3);
  return agreement == components(wanted) || agreement == components(path);
}

}  // namespace sg
