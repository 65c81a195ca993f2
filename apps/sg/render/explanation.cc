#include "apps/sg/render/explanation.h"

#include <cmath>

#include "core/base/format.h"

namespace sg {
namespace {

void RenderParts(const Explanation& node, const Palette& palette, const std::string& indent,
                 std::string& out) {
  for (size_t i = 0; i < node.parts.size(); ++i) {
    const Explanation& part = node.parts[i];
    const bool last = i + 1 == node.parts.size();
    out += indent;
    out += palette.dim;
    out += last ? "└─ " : "├─ ";
    out += palette.reset;
    out += Format("%+8.3f", part.value);
    out += "  " + SafeName(part.label);
    if (!part.detail.empty()) {
      out += palette.dim;
      out += "  = " + SafeName(part.detail);
      out += palette.reset;
    }
    out += '\n';
    RenderParts(part, palette, indent + (last ? "   " : "│  "), out);
  }
}

}  // namespace

std::string FormatScore(double score) { return Format("%.3f", std::isfinite(score) ? score : 0.0); }

std::string RenderExplanation(const Explanation& explanation, const Style& style,
                              const std::string& indent) {
  const Palette& palette = PaletteFor(style.color);
  std::string out = indent + FormatScore(explanation.value) + "  " + SafeName(explanation.label);
  if (!explanation.detail.empty()) out += "  = " + SafeName(explanation.detail);
  out += '\n';
  RenderParts(explanation, palette, indent, out);
  return out;
}

}  // namespace sg
