#include "plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

namespace bench {

namespace {

constexpr double width = 800;
constexpr double height = 480;
constexpr double left = 70;
constexpr double right = 640;
constexpr double top = 70;
constexpr double bottom = 420;
constexpr std::array<const char*, 5> colours{"#1f6fb4", "#d9772b", "#3f9a4d", "#b5483f", "#7d5fb2"};

[[nodiscard]] std::string escaped(std::string_view text) {
    std::string result;
    for (const char character : text) {
        if (character == '&') result += "&amp;";
        else if (character == '<') result += "&lt;";
        else if (character == '>') result += "&gt;";
        else result += character;
    }
    return result;
}

/// Where figures lie in the picture: capacities by their logarithm, misses from zero on.
class Axes {
public:
    explicit Axes(const TraceResult& result) {
        least_ = static_cast<double>(result.curve.front().entries);
        most_ = static_cast<double>(result.curve.back().entries);
        if (most_ < 2 * least_) {
            least_ /= 2;
            most_ *= 2;
        }
        double highest = 0;
        for (const Cell& cell : result.curve) {
            highest = std::max(highest, cell.lru);
            for (const double misses : cell.policies) highest = std::max(highest, misses);
        }
        step_ = step_for(highest);
        highest_ = std::max(std::ceil(highest / step_ - 1e-9), 1.0) * step_;
    }

    [[nodiscard]] double x(double entries) const {
        return left + (right - left) * std::log(entries / least_) / std::log(most_ / least_);
    }
    [[nodiscard]] double y(double misses) const { return bottom - (bottom - top) * misses / highest_; }

    [[nodiscard]] std::vector<double> misses_ticks() const {
        std::vector<double> ticks;
        for (double tick = 0; tick < highest_ + step_ / 2; tick += step_) ticks.push_back(tick);
        return ticks;
    }
    [[nodiscard]] std::vector<double> entries_ticks() const {
        std::vector<double> ticks;
        const bool has_room = most_ / least_ < 2000;
        for (double decade = 1; decade <= most_; decade *= 10)
            for (const double factor : {1.0, 2.0, 5.0})
                if ((factor < 2 || has_room) && decade * factor >= least_ && decade * factor <= most_)
                    ticks.push_back(decade * factor);
        return ticks;
    }

private:
    /// One, two or five, times a power of ten, so that there are about five.
    [[nodiscard]] static double step_for(double highest) {
        const double rough = std::max(highest, 0.001) / 6;
        const double decade = std::pow(10, std::floor(std::log10(rough)));
        for (const double factor : {1.0, 2.0, 5.0})
            if (decade * factor >= rough) return decade * factor;
        return decade * 10;
    }

    double least_;
    double most_;
    double step_;
    double highest_;
};

class Drawing {
public:
    Drawing(const TraceResult& result, const Options& options) : result_(result), options_(options), axes_(result) {}

    [[nodiscard]] std::string document() {
        svg_ = R"(<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 )" +
               brief(width) + ' ' + brief(height) + R"(" width=")" + brief(width) + R"(" height=")" + brief(height) +
               R"(" font-family="sans-serif" font-size="12" fill="#333">
<rect width="100%" height="100%" fill="#fff"/>
)";
        draw_titles();
        draw_ticks();
        draw_curves();
        return svg_ + "</svg>\n";
    }

private:
    void text(double x, double y, const char* attributes, const std::string& words) {
        svg_ += R"(<text x=")" + fixed(x, 1) + R"(" y=")" + fixed(y, 1) + "\" " + attributes + '>' + escaped(words) +
                "</text>\n";
    }
    void line(double x1, double y1, double x2, double y2, const char* attributes) {
        svg_ += R"(<line x1=")" + fixed(x1, 1) + R"(" y1=")" + fixed(y1, 1) + R"(" x2=")" + fixed(x2, 1) + R"(" y2=")" +
                fixed(y2, 1) + "\" " + attributes + "/>\n";
    }

    void draw_titles() {
        const std::string title = "Misses by capacity: " + result_.name;
        svg_ += "<title>" + escaped(title) + "</title>\n";
        text(left, 30, R"(font-size="17" font-weight="bold")", title);
        text(left, 50, R"(fill="#666")",
             grouped(result_.requests) + " requests for " + grouped(result_.keys) + " keys");
        text((left + right) / 2, bottom + 42, R"(text-anchor="middle")", "capacity in entries (logarithmic)");
        const std::string turned = R"(text-anchor="middle" transform="rotate(-90 20 )" + brief((top + bottom) / 2) +
                                   ")\"";
        text(20, (top + bottom) / 2, turned.c_str(), "misses in percent of the requests");
    }

    void draw_ticks() {
        constexpr const char* grid = R"(stroke="#e3e3e3")";
        constexpr const char* axis = R"(stroke="#333")";
        for (const double tick : axes_.misses_ticks()) {
            line(left, axes_.y(tick), right, axes_.y(tick), grid);
            text(left - 8, axes_.y(tick) + 4, R"(text-anchor="end")", brief(tick));
        }
        for (const double tick : axes_.entries_ticks()) {
            line(axes_.x(tick), top, axes_.x(tick), bottom, grid);
            line(axes_.x(tick), bottom, axes_.x(tick), bottom + 5, axis);
            text(axes_.x(tick), bottom + 20, R"(text-anchor="middle")", grouped(static_cast<std::uint64_t>(tick)));
        }
        line(left, bottom, right, bottom, axis);
        line(left, top, left, bottom, axis);
    }

    /// Exact LRU comes after the policies, for one of them may lie under it.
    void draw_curves() {
        for (std::size_t policy = 0; policy != options_.policies.size(); ++policy)
            draw_curve(options_.policies[policy], colours[policy % colours.size()], "none",
                       [policy](const Cell& cell) { return cell.policies[policy]; });
        draw_curve("exact LRU", "#888", "5 4", [](const Cell& cell) { return cell.lru; });
        if (result_.curve.front().optimum)
            draw_curve("optimum", "#111", "2 3", [](const Cell& cell) { return *cell.optimum; });
    }

    /// With its place in the legend.
    template <class Misses>
    void draw_curve(const std::string& name, const char* colour, const char* dashes, const Misses& misses) {
        std::string points;
        std::string dots;
        for (const Cell& cell : result_.curve) {
            const std::string x = fixed(axes_.x(static_cast<double>(cell.entries)), 1);
            const std::string y = fixed(axes_.y(misses(cell)), 1);
            points += (points.empty() ? "" : " ") + x + ',' + y;
            dots += R"(<circle cx=")" + x + R"(" cy=")" + y + R"(" r="2.5"><title>)" + escaped(name) + ", " +
                    grouped(cell.entries) + " entries: " + fixed(misses(cell), 2) + " %</title></circle>\n";
        }
        const std::string stroke = std::string(R"(stroke=")") + colour + R"(" stroke-width="1.8" stroke-dasharray=")" +
                                   dashes + '"';
        svg_ += R"(<polyline fill="none" )" + stroke + R"( points=")" + points + "\"/>\n";
        svg_ += std::string(R"(<g fill=")") + colour + "\">\n" + dots + "</g>\n";
        const double y = top + 10 + 22 * static_cast<double>(curves_++);
        line(right + 20, y, right + 50, y, stroke.c_str());
        text(right + 58, y + 4, "", name);
    }

    const TraceResult& result_;
    const Options& options_;
    Axes axes_;
    std::string svg_;
    int curves_ = 0;
};

} // namespace

std::string plot_of(const TraceResult& result, const Options& options) { return Drawing(result, options).document(); }

} // namespace bench
