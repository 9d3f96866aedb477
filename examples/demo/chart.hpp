#ifndef KENNEL_DEMO_CHART_HPP
#define KENNEL_DEMO_CHART_HPP

#include <string>
#include <vector>

namespace demo {

/// One line of a chart: values in the middles of equal parts of the time shown.
struct Curve {
    std::string name;
    std::string color;
    std::vector<double> values;
};

/// Curves over time, on a logarithmic scale.
struct Chart {
    std::string title;
    std::string subtitle;
    std::string time_label;
    std::string value_label;
    double seconds = 0;
    double mark = -1; ///< a moment to point out, if it is within the time shown
    std::string mark_label;
    std::vector<Curve> curves;

    [[nodiscard]] std::string to_svg() const;
};

} // namespace demo

#endif
