#ifndef KENNEL_TESTS_SUPPORT_ALLOCATION_METER_HPP
#define KENNEL_TESTS_SUPPORT_ALLOCATION_METER_HPP

#include "kennel/errors.hpp"
#include "kennel/testing/hostile_bytes.hpp"
#include "support/allocations.hpp"

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace test {

/// Sees how much is allocated while bytes are decoded, freed or not, compared to their length.
class AllocationMeter {
public:
    /// `most` is how many bytes may be allocated for each that is decoded, after the first few thousand, which are
    /// free.
    AllocationMeter(const char* name, double most) : name_(name), most_(most) {}

    template <class Decode>
    void measure(std::string_view bytes, const Decode& decode) {
        const std::size_t before = allocations().bytes;
        try {
            decode(bytes);
        } catch (const kennel::CantDeserializeException&) { // NOLINT(*-empty-catch): refusing costs something, too
        }
        const std::size_t allocated = allocations().bytes - before;
        const std::size_t counted = allocated > free_bytes ? allocated - free_bytes : 0;
        const double ratio = static_cast<double>(counted) / static_cast<double>(bytes.size() + 1);
        if (ratio > worst_) worst_ = ratio, worst_bytes_ = bytes.substr(0, 60);
        ++measured_;
    }

    /// A beginning, a piece that is repeated, and an end.
    struct Shape {
        std::string_view begin;
        std::string_view piece;
        std::string_view end;
    };

    /// Decodes bytes of each shape in several lengths.
    template <class Decode>
    void measure_shapes(const std::vector<Shape>& shapes, const Decode& decode) {
        for (const Shape& shape : shapes)
            for (const std::size_t length : {100U, 1'000U, 20'000U}) measure(bytes_of(shape, length), decode);
    }

    /// Decodes everything that damage can make of good bytes.
    template <class Decode>
    void measure_damage(std::string_view good, const Decode& decode) {
        using namespace kennel::detail;
        for (const auto& damage : {truncations, flipped_bits, overwritten_runs, random_tails})
            for (const std::string& bytes : damage(good)) measure(bytes, decode);
    }

    /// Prints what was seen and says whether it was more than may be.
    [[nodiscard]] bool is_exceeded() const {
        std::printf("%-28s %6.1f bytes for each of at most %.0f; %ld inputs, the worst begins with %s\n", name_, worst_,
                    most_, measured_, printable(worst_bytes_).c_str());
        return worst_ > most_ || measured_ == 0;
    }

private:
    static constexpr std::size_t free_bytes = 10'000; ///< an exception and its text, a decoder's first buffers

    static std::string bytes_of(const Shape& shape, std::size_t length) {
        std::string bytes(shape.begin);
        while (bytes.size() + shape.piece.size() + shape.end.size() <= length) bytes += shape.piece;
        return bytes.append(shape.end);
    }

    static std::string printable(std::string text) {
        for (char& letter : text)
            if (letter < ' ' || letter > '~') letter = '?';
        return text;
    }

    const char* name_;
    double most_;
    double worst_ = 0;
    std::string worst_bytes_;
    long measured_ = 0;
};

} // namespace test

#endif
