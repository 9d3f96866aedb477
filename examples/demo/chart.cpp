#include "chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace demo {
namespace {

constexpr double width = 900, height = 480;
constexpr double left = 96, right = 28, top = 112, bottom = 64;
constexpr std::string_view ink = "#1f2933", pale_ink = "#616e7c", grid = "#e4e7eb";

std::string escaped(std::string_view text) {
    std::string result;
    for (const char symbol : text) {
        if (symbol == '&') result += "&amp;";
        else if (symbol == '<') result += "&lt;";
        else result += symbol;
    }
    return result;
}

/// Draws in units of the chart: seconds, and powers of ten.
class Canvas {
public:
    Canvas(double seconds, int lowest, int highest)
        : seconds_(seconds), lowest_(lowest), highest_(highest) {
        svg_ = fmt::format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
            "font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\">\n"
            "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
            width, height);
    }

    [[nodiscard]] double x(double seconds) const {
        return left + seconds / seconds_ * (width - left - right);
    }
    [[nodiscard]] double y(double power) const {
        return height - bottom - (power - lowest_) / (highest_ - lowest_) * (height - top - bottom);
    }

    void text(double x, double y, std::string_view text, std::string_view style) {
        svg_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", x, y, style,
                            escaped(text));
    }

    void line(double x1, double y1, double x2, double y2, std::string_view style) {
        svg_ += fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" {}/>\n",
                            x1, y1, x2, y2, style);
    }

    void curve(const Curve& curve) {
        std::string points;
        for (std::size_t index = 0; index != curve.values.size(); ++index) {
            const double middle = (static_cast<double>(index) + 0.5) /
                                  static_cast<double>(curve.values.size());
            const double power = std::log10((std::max)(curve.values[index], std::pow(10, lowest_)));
            points += fmt::format("{:.1f},{:.1f} ", x(middle * seconds_), y(power));
        }
        svg_ += fmt::format(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2.5\" "
            "stroke-linejoin=\"round\"/>\n",
            points, curve.color);
    }

    [[nodiscard]] std::string finished() && { return std::move(svg_) + "</svg>\n"; }

private:
    double seconds_;
    int lowest_;
    int highest_;
    std::string svg_;
};

/// 1, 2 or 5 times a power of ten, so that there are about eight in `length`.
double round_step(double length) {
    const double magnitude = std::pow(10, std::floor(std::log10(length / 8)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (length / (factor * magnitude) <= 10) return factor * magnitude;
    return 10 * magnitude;
}

std::string power_of_ten(int power) {
    constexpr std::string_view units[] = {"", "k", "M", "G"};
    return fmt::format("{:.0f}{}", std::pow(10, power % 3), units[(std::min)(power / 3, 3)]);
}

void draw_axes(Canvas& canvas, const Chart& chart, int lowest, int highest) {
    for (int power = lowest; power <= highest; ++power) {
        canvas.line(left, canvas.y(power), width - right, canvas.y(power),
                    fmt::format("stroke=\"{}\"", grid));
        canvas.text(left - 10, canvas.y(power) + 5, power_of_ten(power),
                    fmt::format("font-size=\"14\" text-anchor=\"end\" fill=\"{}\"", pale_ink));
    }
    const double step = round_step(chart.seconds);
    for (int index = 0; index * step <= chart.seconds * 1.0001; ++index) {
        const double x = canvas.x(index * step);
        canvas.line(x, height - bottom, x, height - bottom + 6,
                    fmt::format("stroke=\"{}\"", pale_ink));
        canvas.text(x, height - bottom + 23, fmt::format("{:.4g}", index * step),
                    fmt::format("font-size=\"14\" text-anchor=\"middle\" fill=\"{}\"", pale_ink));
    }
    canvas.line(left, height - bottom, width - right, height - bottom,
                fmt::format("stroke=\"{}\"", pale_ink));
    canvas.text((left + width - right) / 2, height - 16, chart.time_label,
                fmt::format("font-size=\"14\" text-anchor=\"middle\" fill=\"{}\"", ink));
    const double middle = (top + height - bottom) / 2;
    canvas.text(
        28, middle, chart.value_label,
        fmt::format(
            "font-size=\"14\" text-anchor=\"middle\" fill=\"{}\" transform=\"rotate(-90 28 {:.1f})\"",
            ink, middle));
}

void draw_heading(Canvas& canvas, const Chart& chart) {
    canvas.text(left, 34, chart.title,
                fmt::format("font-size=\"20\" font-weight=\"bold\" fill=\"{}\"", ink));
    canvas.text(left, 58, chart.subtitle, fmt::format("font-size=\"14\" fill=\"{}\"", pale_ink));
    double x = left;
    for (const Curve& curve : chart.curves) {
        canvas.line(x, 82, x + 28, 82,
                    fmt::format("stroke=\"{}\" stroke-width=\"3\"", curve.color));
        canvas.text(x + 36, 87, curve.name, fmt::format("font-size=\"14\" fill=\"{}\"", ink));
        x += 36 + 8.0 * static_cast<double>(curve.name.size()) + 32;
    }
}

void draw_mark(Canvas& canvas, const Chart& chart) {
    if (chart.mark <= 0 || chart.mark >= chart.seconds) return;
    const double x = canvas.x(chart.mark);
    const bool is_late = chart.mark > chart.seconds * 0.7;
    canvas.line(x, top, x, height - bottom,
                fmt::format("stroke=\"{}\" stroke-dasharray=\"5 4\"", pale_ink));
    canvas.text(x + (is_late ? -8 : 8), top + 14, chart.mark_label,
                fmt::format("font-size=\"14\" text-anchor=\"{}\" fill=\"{}\"",
                            is_late ? "end" : "start", pale_ink));
}

} // namespace

std::string Chart::to_svg() const {
    double least = 1e9, most = 1;
    for (const Curve& curve : curves) {
        for (const double value : curve.values) {
            if (value > 0) least = (std::min)(least, value);
            most = (std::max)(most, value);
        }
    }
    const int lowest = (std::max)(static_cast<int>(std::floor(std::log10((std::min)(least, most)))),
                                  0);
    // Half a power of ten above the highest value is free for the mark's label.
    const int highest = (std::max)(static_cast<int>(std::ceil(std::log10(most) + 0.5)), lowest + 1);
    Canvas canvas(seconds, lowest, highest);
    draw_heading(canvas, *this);
    draw_axes(canvas, *this, lowest, highest);
    draw_mark(canvas, *this);
    for (const Curve& curve : curves) canvas.curve(curve);
    return std::move(canvas).finished();
}

} // namespace demo
