#ifndef KENNEL_TESTING_SERIALIZER_CONTRACT_HPP
#define KENNEL_TESTING_SERIALIZER_CONTRACT_HPP

#include "kennel/detail/joined.hpp"
#include "kennel/detail/type_name.hpp"
#include "kennel/serializer.hpp"
#include "kennel/testing/contract.hpp"
#include "kennel/testing/hostile_bytes.hpp"

#include <atomic>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN

namespace detail {

/// The checks of one serializer. Types that it is no serializer for are left out.
template <class Subject>
class SerializerContract {
public:
    explicit SerializerContract(const Subject& subject) : subject_(subject) {}

    void text_comes_back() const {
        using namespace std::string_view_literals;
        for (const std::string_view text :
             {""sv, "0"sv, "null"sv, "a b"sv, "\"\\/'{}[],:"sv, "1|2|"sv, "\0"sv, "a\0b\0"sv, "\t\r\n\x1f\x7f"sv,
              "gr\xc3\xbc\xc3\x9f"sv, "\xe6\xbc\xa2\xf0\x9f\x90\x95"sv})
            comes_back(std::string(text));
        comes_back(std::string(100'000, 'x'));
    }

    void integers_come_back() const {
        limits_come_back<std::int8_t, std::int16_t, std::int32_t, std::int64_t>();
        limits_come_back<std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t>();
        limits_come_back<char, short, int, long, long long, unsigned long, unsigned long long>();
    }

    void fractions_come_back() const {
        for (const double number :
             {0.0, 0.1, -1.5, 1e300, (std::numeric_limits<double>::max)(), std::numeric_limits<double>::denorm_min()})
            comes_back(number);
        for (const float number : {0.1F, (std::numeric_limits<float>::max)(), (std::numeric_limits<float>::min)()})
            comes_back(number);
    }

    void empty_values_come_back() const {
        comes_back(std::string());
        comes_back(false);
        comes_back(true);
        comes_back(0);
        comes_back(std::optional<int>());
        comes_back(std::optional<int>(0));
        comes_back(std::optional<bool>(false));
        comes_back(std::optional<std::string>());
        comes_back(std::optional<std::string>(""));
        comes_back(std::vector<int>());
        comes_back(std::map<std::string, int>());
    }

    void containers_come_back() const {
        visit_samples([this](const auto& value) { this->comes_back(value); });
        comes_back(std::vector<bool>{true, false, true});
        comes_back(std::vector<std::vector<int>>{{}, {1}, {2, 3}});
        comes_back(std::vector<std::optional<std::string>>{std::nullopt, "", "x"});
        comes_back(std::map<int, std::string>{{-1, "a"}, {7, ""}});
        comes_back(std::pair<std::string, bool>("a", false));
    }

    void other_types_are_refused() const {
        refuses<std::int64_t, bool, std::vector<std::string>, std::map<std::string, int>>(std::string("1"));
        refuses<std::string, bool, std::vector<std::int64_t>>(std::int64_t{1});
        refuses<std::int8_t, std::int32_t, std::uint64_t>(std::numeric_limits<std::int64_t>::min());
        refuses<std::string, int, double>(true);
        refuses<std::string, int, bool, std::vector<int>>(std::vector<std::string>{"1"});
        refuses<std::string, std::vector<int>>(std::map<std::string, int>{{"a", 1}});
        refuses<std::string, int, bool>(std::optional<int>());
        refuses<int>(1.5);
    }

    void incomplete_bytes_are_harmless() const {
        visit_damaged(truncations);
        if constexpr (SerializerFor<Subject, int>)
            expect_throws<CantDeserializeException>([this] { (void)subject_.template deserialize<int>(""); },
                                                    "no bytes at all are not refused as an integer");
    }

    void surplus_bytes_are_refused() const {
        visit_samples([this]<class Type>(const Type& value) {
            if constexpr (SerializerFor<Subject, Type> && !std::same_as<Type, std::string>)
                this->template refuses_bytes<Type>(serialized(value) + 'x', "bytes behind the value");
        });
    }

    void damaged_bytes_are_harmless() const {
        visit_damaged(flipped_bits);
        visit_damaged(overwritten_runs);
    }

    void random_bytes_are_harmless() const { visit_damaged(random_tails); }

    void copies_understand_each_other() const {
        const Subject copy = subject_; // NOLINT(performance-unnecessary-copy-*): the copy is what is checked
        const std::string text = "text";
        expect(copy.template deserialize<std::string>(serialized(text)) == text,
               "a copy of the serializer does not read what the original wrote");
    }

    void threads_may_share_it() const {
        std::atomic<int> failures = 0;
        {
            std::vector<std::jthread> threads;
            for (int number = 0; number != 4; ++number)
                threads.emplace_back([&, number] { failures += count_failures(std::to_string(number)); });
        }
        expect(failures == 0, "values get mixed up when several threads use one serializer");
    }

private:
    template <class Type>
    static std::string named(std::string_view what) {
        return joined({what, " (type ", type_name<Type>(), ")"});
    }

    template <class Type>
    std::string serialized(const Type& value) const {
        return subject_.serialize(value);
    }

    template <class Type>
    void comes_back(const Type& value) const {
        if constexpr (SerializerFor<Subject, Type>)
            expect(subject_.template deserialize<Type>(serialized(value)) == value,
                   named<Type>("a value does not come back as itself"));
    }

    template <class... Types>
    void limits_come_back() const {
        (comes_back(std::numeric_limits<Types>::min()), ...);
        (comes_back(std::numeric_limits<Types>::max()), ...);
        (comes_back(Types{1}), ...);
    }

    template <class Type>
    void refuses_bytes(std::string_view bytes, std::string_view what) const {
        if constexpr (SerializerFor<Subject, Type>)
            expect_throws<CantDeserializeException>([&] { (void)subject_.template deserialize<Type>(bytes); },
                                                    named<Type>(std::string(what) + " are not refused"));
    }

    template <class... Types, class Written>
    void refuses(const Written& value) const {
        if constexpr (SerializerFor<Subject, Written>)
            (refuses_bytes<Types>(serialized(value), named<Written>("bytes of another type")), ...);
    }

    template <class Visitor>
    void visit_samples(Visitor visitor) const {
        visitor(std::string("some t\xc3\xa4xt"));
        visitor(std::int64_t{-123'456'789'012});
        visitor(std::uint8_t{200});
        visitor(true);
        visitor(1234.5678);
        visitor(std::optional<std::string>("maybe"));
        visitor(std::vector<std::int64_t>{1, -1, 1'000'000});
        visitor(std::vector<std::string>{"one", "", "three"});
        visitor(std::map<std::string, std::vector<std::int64_t>>{{"", {}}, {"a", {1}}, {"b", {2, 3}}});
    }

    /// Reads every damaged form of every sample; each must give a value or be refused.
    void visit_damaged(std::vector<std::string> (*damage)(std::string_view)) const {
        visit_samples([&]<class Type>(const Type& value) {
            if constexpr (SerializerFor<Subject, Type>) {
                for (const std::string& bytes : damage(serialized(value))) is_harmless<Type>(bytes);
            }
        });
    }

    template <class Type>
    void is_harmless(std::string_view bytes) const {
        try {
            (void)subject_.template deserialize<Type>(bytes);
        } catch (const CantDeserializeException&) {
        } catch (...) {
            expect(false, named<Type>("damaged bytes are refused by another exception than CantDeserializeException"));
        }
    }

    int count_failures(const std::string& text) const {
        int failures = 0;
        for (int round = 0; round != 200; ++round) {
            const std::string expected = text + ':' + std::to_string(round);
            try {
                if (subject_.template deserialize<std::string>(serialized(expected)) != expected) ++failures;
            } catch (...) {
                ++failures;
            }
        }
        return failures;
    }

    Subject subject_;
};

} // namespace detail

/// What every serializer promises, checked with the types that `serializer` handles, of which text is always one.
///
/// Nothing is asked of the bytes themselves but that they are read again as the value they were made from. The checks
/// keep a copy of the serializer and may be run in any order, any number of times.
template <Serializer Subject>
[[nodiscard]] std::vector<ContractCheck> serializer_contract(const Subject& serializer) {
    using Contract = detail::SerializerContract<Subject>;
    const Contract contract(serializer);
    std::vector<ContractCheck> checks;
    const auto add = [&](const char* name, void (Contract::*check)() const) {
        checks.push_back({name, [contract, check] { (contract.*check)(); }});
    };
    add("text of all kinds comes back as it is", &Contract::text_comes_back);
    add("integers come back up to the limits of their types", &Contract::integers_come_back);
    add("fractions come back exactly", &Contract::fractions_come_back);
    add("false, zero, empty text and nothing come back as themselves", &Contract::empty_values_come_back);
    add("containers and what is in them come back", &Contract::containers_come_back);
    add("bytes of another type are refused", &Contract::other_types_are_refused);
    add("incomplete bytes do no harm", &Contract::incomplete_bytes_are_harmless);
    add("surplus bytes are refused", &Contract::surplus_bytes_are_refused);
    add("damaged bytes do no harm", &Contract::damaged_bytes_are_harmless);
    add("random bytes do no harm", &Contract::random_bytes_are_harmless);
    add("copies of a serializer understand each other", &Contract::copies_understand_each_other);
    add("several threads may use one serializer", &Contract::threads_may_share_it);
    return checks;
}

KENNEL_NAMESPACE_END

#endif
