#include "eval/plot.h"

#include <algorithm>
#include <array>

#include "core/base/format.h"

namespace sg {
namespace {

// Colour-blind safe (Okabe, Ito 2008), without yellow, plus grey.
constexpr std::array<const char*, kMostPlottedSystems> kColours = {
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#555555", "#999933"};

constexpr double kLeft = 56, kTop = 34, kPanelHeight = 220, kPanelGap = 64;
constexpr double kBarWidth = 26, kBarGap = 4, kGroupGap = 36, kLegendLine = 20;
constexpr double kCharacterWidth = 7;

struct Layout {
  std::vector<std::string> systems, corpora;
  double group_width = 0, width = 0;
};

std::string SystemName(const RunSummary& run) { return run.model + ", " + run.system; }

void AddOnce(const std::string& name, std::vector<std::string>* names) {
  if (std::find(names->begin(), names->end(), name) == names->end()) names->push_back(name);
}

Layout LayoutOf(const std::vector<RunSummary>& runs) {
  Layout layout;
  size_t longest = 0;
  for (const RunSummary& run : runs) {
    AddOnce(SystemName(run), &layout.systems);
    AddOnce(run.spec, &layout.corpora);
    longest = std::max({longest, run.spec.size()});
  }
  const size_t bars = std::min(layout.systems.size(), kMostPlottedSystems);
  layout.group_width = std::max(static_cast<double>(bars) * (kBarWidth + kBarGap),
                                static_cast<double>(longest) * kCharacterWidth) +
                       kGroupGap;
  double widest = 300;
  for (const std::string& name : layout.systems) {
    widest = std::max(widest, static_cast<double>(name.size()) * kCharacterWidth + 60);
  }
  layout.width = std::max(
      widest, kLeft + layout.group_width * static_cast<double>(layout.corpora.size()) + 20);
  return layout;
}

// For XML 1.0, which cannot hold control characters nor U+FFFE and U+FFFF.
std::string Escape(std::string_view text) {
  std::string escaped;
  while (!text.empty()) {
    const char c = text[0];
    const bool forbidden = text.starts_with("\xEF\xBF\xBE") || text.starts_with("\xEF\xBF\xBF");
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      default: escaped += forbidden || static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    text.remove_prefix(forbidden ? 3 : 1);
  }
  return escaped;
}

std::string Text(double x, double y, const char* anchor, std::string_view text, double size = 12) {
  return Format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%.0f\">", x, y, anchor,
                size) +
         Escape(text) + "</text>\n";
}

std::string Line(double x1, double y1, double x2, double y2, const char* colour) {
  return Format("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", x1, y1,
                x2, y2, colour);
}

// A bar with its whisker and its value above both.
std::string Bar(double x, double base, const Interval& interval, const char* colour) {
  const double height = interval.value * kPanelHeight;
  std::string svg =
      Format("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.0f\" height=\"%.1f\" fill=\"%s\"/>\n", x,
             base - height, kBarWidth, height, colour);
  const double middle = x + kBarWidth / 2;
  const double low = base - interval.low * kPanelHeight;
  const double high = base - interval.high * kPanelHeight;
  svg += Line(middle, low, middle, high, "#222");
  svg += Line(middle - 4, low, middle + 4, low, "#222");
  svg += Line(middle - 4, high, middle + 4, high, "#222");
  return svg + Text(middle, high - 4, "middle", Format("%.2f", interval.value), 10);
}

std::string Axis(double base, double width, const std::string& title) {
  std::string svg = Text(kLeft, base - kPanelHeight - 18, "start", title, 14);
  for (int tick = 0; tick <= 4; ++tick) {
    const double y = base - kPanelHeight * tick / 4;
    svg += Line(kLeft, y, width - 12, y, tick == 0 ? "#222" : "#ddd");
    svg += Text(kLeft - 8, y + 4, "end", Format("%.2f", tick / 4.0), 11);
  }
  return svg;
}

std::string Panel(const std::vector<RunSummary>& runs, const Layout& layout, double base,
                  const std::string& title, Interval MetricSummary::*metric) {
  std::string svg = Axis(base, layout.width, title);
  const auto index_of = [](const std::vector<std::string>& names, const std::string& name) {
    return static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  };
  const size_t bars = std::min(layout.systems.size(), kMostPlottedSystems);
  const double bars_width = static_cast<double>(bars) * (kBarWidth + kBarGap) - kBarGap;
  for (const RunSummary& run : runs) {
    const size_t system = index_of(layout.systems, SystemName(run));
    if (system >= kMostPlottedSystems) continue;
    const size_t corpus = index_of(layout.corpora, run.spec);
    const double x = kLeft + (layout.group_width - bars_width) / 2 +
                     layout.group_width * static_cast<double>(corpus) +
                     static_cast<double>(system) * (kBarWidth + kBarGap);
    svg += Bar(x, base, run.chunk.*metric, kColours[system]);
  }
  for (size_t i = 0; i < layout.corpora.size(); ++i) {
    const double middle = kLeft + layout.group_width * (static_cast<double>(i) + .5);
    svg += Text(middle, base + 18, "middle", layout.corpora[i]);
  }
  return svg;
}

std::string Legend(const Layout& layout, double top) {
  std::string svg;
  const size_t shown = std::min(layout.systems.size(), kMostPlottedSystems);
  for (size_t i = 0; i < shown; ++i) {
    const double y = top + kLegendLine * static_cast<double>(i);
    svg += Format("<rect x=\"%.0f\" y=\"%.1f\" width=\"12\" height=\"12\" fill=\"%s\"/>\n", kLeft,
                  y, kColours[i]) +
           Text(kLeft + 20, y + 11, "start", layout.systems[i]);
  }
  if (layout.systems.size() > shown) {
    svg += Text(kLeft, top + kLegendLine * static_cast<double>(shown) + 11, "start",
                std::to_string(layout.systems.size() - shown) + " further systems are not shown");
  }
  return svg;
}

}  // namespace

std::string RenderEvalPlot(const std::vector<RunSummary>& runs) {
  const Layout layout = LayoutOf(runs);
  const double first = kTop + kPanelHeight, second = first + kPanelGap + kPanelHeight;
  const size_t lines = std::min(layout.systems.size(), kMostPlottedSystems + 1);
  const double legend = second + 36;
  const double height = legend + kLegendLine * static_cast<double>(lines) + 24;
  const std::string k = runs.empty() ? "10" : std::to_string(runs.front().k);
  return Format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
             "viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" fill=\"#222\">\n"
             "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
             layout.width, height, layout.width, height) +
         Panel(runs, layout, first, "NDCG@" + k, &MetricSummary::ndcg) +
         Panel(runs, layout, second, "P@1", &MetricSummary::p_at_1) + Legend(layout, legend) +
         Text(kLeft, height - 8, "start", "Whiskers: 95 % bootstrap intervals", 11) + "</svg>\n";
}

}  // namespace sg
