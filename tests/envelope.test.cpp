#include "kennel/envelope.hpp"

#include "kennel/errors.hpp"
#include "kennel/key_text.hpp"
#include "support/catch.hpp"
#include "support/python.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::CachedValue;
using kennel::Payload;

constexpr kennel::WallTime round_time{1'800'000'000s};

CachedValue entry(std::string_view payload, kennel::Metadata metadata = {.created = round_time}) {
    return {.payload = Payload::bytes(payload), .metadata = std::move(metadata)};
}

/// What is read of an entry with this metadata, if anything.
std::optional<kennel::Metadata> read_back(const std::string& metadata) {
    const std::string stored = metadata + "|payload";
    std::optional<CachedValue> found = kennel::decode_envelope(stored);
    if (!found) return std::nullopt;
    CHECK(found->payload.as_bytes() == "payload");
    return std::move(found->metadata);
}

bool is_fresh_entry(const std::string& metadata) {
    const auto found = read_back(metadata);
    return found && found->version == 2 && found->created == round_time;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

std::string in_hex(std::string_view bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const char byte : bytes) {
        text += digits[static_cast<unsigned char>(byte) >> 4U];
        text += digits[static_cast<unsigned char>(byte) & 15U];
    }
    return text;
}

} // namespace

TEST_CASE("bytes that Python's library has stored are read, and written back without a change") {
    const std::string_view stored = GENERATE(
        as<std::string_view>(),
        R"({"ct": 1795243567.8039305, "v": 2}|{"foo": ["bar", 1, false, null], "u": "\u00e9", "x": 1.5})",
        R"({"ct": 1795243567.8955998, "v": 2}|null)",
        "{\"ct\": 1795243568.2065053, \"v\": 2}|\x80\x04\x95\n\0\0\0\0\0\0\0}\x94\x8c\x01"
        "a\x94K\x01s.",
        R"({"ct": 1795243568.934335, "v": 2}|"made")", R"({"ct": 1795243568.3393438, "v": 2}|"made")");
    const auto found = kennel::decode_envelope(stored);
    REQUIRE(found);
    CHECK(found->metadata.version == 2);
    CHECK(found->payload.as_bytes() == stored.substr(stored.find('|') + 1));
    CHECK_FALSE(found->metadata.time_to_live);
    CHECK(found->metadata.tags.empty());
    CHECK(kennel::encode_envelope(*found) == stored);
}

TEST_CASE("a creation time is read to the nearest nanosecond") {
    const auto found = read_back(R"({"ct": 1795243567.8039305, "v": 2})");
    REQUIRE(found);
    CHECK(found->created.time_since_epoch() == 1'795'243'567s + 803'930'500ns);
}

TEST_CASE("an entry is written as Python writes it") {
    CHECK(kennel::encode_envelope(entry("p")) == R"({"ct": 1800000000.0, "v": 2}|p)");
    CHECK(kennel::encode_envelope(entry("", {.created = round_time + 500ms})) == R"({"ct": 1800000000.5, "v": 2}|)");
    std::string out = "before";
    kennel::append_envelope(out, entry("a|b"));
    CHECK(out == R"(before{"ct": 1800000000.0, "v": 2}|a|b)");
}

TEST_CASE("what Python does not know stands behind its fields, and only when there is any") {
    CHECK(kennel::encode_envelope(entry("p", {.created = round_time,
                                              .time_to_live = 90s,
                                              .tags = kennel::Tags({"team:1", "a|b"}),
                                              .creation_cost = 250ms})) ==
          R"({"ct": 1800000000.0, "v": 2, "ttl": 90.0, "tags": ["team:1", "a\u007cb"], "cost": 0.25}|p)");
    CHECK(kennel::encode_envelope(entry("p", {.created = round_time, .time_to_live = 0s})) ==
          R"({"ct": 1800000000.0, "v": 2, "ttl": 0.0}|p)");
    CHECK(kennel::encode_envelope(entry("p", {.created = round_time, .useful_for = 5s})) ==
          R"({"ct": 1800000000.0, "v": 2}|p)");
}

TEST_CASE("metadata comes back as it was stored") {
    const std::vector<std::string> tags = {"",
                                           "plain",
                                           "quote\" back\\slash",
                                           "a|b",
                                           "sch\xc3\xb6n",
                                           "\xf0\x9f\x98\x80",
                                           std::string("\0\n\x1f\x7f", 4),
                                           "stray \x80\xff\xc3",
                                           "\xed\xa0\x80",
                                           "\xc0\x80 \xf5\x80\x80\x80",
                                           "\xf0\x9f\x98\x80\x80\xe2\x82"};
    const kennel::Metadata metadata{.created = round_time + 123'456'716ns,
                                    .time_to_live = GENERATE(as<kennel::TimeSpan>(), 0ns, 1ns, 300ms, 1001ms, 90s,
                                                             100 * 24h + 1us, kennel::unlimited),
                                    .tags = kennel::Tags(tags),
                                    .creation_cost = 1234567ns};
    const std::string stored = kennel::encode_envelope(entry("x", metadata));
    CHECK(std::ranges::count(stored, '|') == 1);
    CHECK(std::ranges::all_of(stored, [](char byte) { return byte >= ' ' && byte < '\x7f'; }));
    const auto found = kennel::decode_envelope(stored);
    REQUIRE(found);
    CHECK(found->metadata.created - metadata.created < 120ns); // half a step of a double at this time
    CHECK(metadata.created - found->metadata.created < 120ns);
    CHECK(found->metadata.time_to_live == metadata.time_to_live);
    CHECK(found->metadata.creation_cost == metadata.creation_cost);
    CHECK(found->metadata.tags.names() == tags);
    CHECK(kennel::encode_envelope(*found) == stored);
}

TEST_CASE("a decoded payload lies in the stored bytes") {
    const std::string stored = R"({"ct": 1800000000.0, "v": 2}|pay|load)";
    const auto found = kennel::decode_envelope(stored);
    REQUIRE(found);
    CHECK(found->payload.is_borrowed());
    CHECK(found->payload.as_bytes().data() == stored.data() + stored.find('|') + 1);
    CHECK(found->payload.as_bytes() == "pay|load");
}

TEST_CASE("an object cannot be put into an envelope") {
    const CachedValue object{.payload = Payload::object(5), .metadata = {.created = round_time}};
    REQUIRE_THROWS_AS(kennel::encode_envelope(object), kennel::SerializationError);
    REQUIRE_THROWS_AS(kennel::encode_envelope(CachedValue{}), kennel::SerializationError);
}

TEST_CASE("whatever Python's reader tolerates is read") {
    CHECK(is_fresh_entry(R"({"ct":1800000000.0,"v":2})"));
    CHECK(is_fresh_entry(R"({"v": 2, "ct": 1800000000.0})"));
    CHECK(is_fresh_entry(" \t\r\n{ \"ct\" : 1800000000.0 ,\n \"v\" : 2 } \n"));
    CHECK(is_fresh_entry("\xef\xbb\xbf{\"ct\": 1800000000.0, \"v\": 2}"));
    CHECK(is_fresh_entry(R"({"ct": 1800000000, "v": 2})"));
    CHECK(is_fresh_entry(R"({"ct": 1.8e9, "v": 2})"));
    CHECK(is_fresh_entry(R"({"ct": 18.0E+08, "v": 2.0})"));
    CHECK(is_fresh_entry(R"({"ct": 1, "v": 7, "ct": 1800000000, "v": 2})"));
    CHECK(is_fresh_entry(R"({"ct": null, "ttl": "x", "tags": 5, "ct": 1800000000, "v": 2, "ttl": 1, "tags": []})"));
    CHECK(is_fresh_entry(R"({"c\u0074": 1800000000, "\u0076": 2})"));
}

TEST_CASE("unknown fields are skipped, whatever they hold") {
    for (const char* const value : {"null", "true", "false", "0", "-1.5e-7", "1e999", "NaN", "-Infinity", "\"text\"",
                                    R"("\"\\\/\b\f\n\r\t\u12ab\ud83d\ude00\ud800")", "[]", "{}",
                                    "[1, [2, {\"a\": [null]}]]", R"({"ct": 5, "v": 9})", "\"\xc3\xb6\xff\""})
        CHECK(is_fresh_entry(R"({"x": )" + std::string(value) + R"(, "ct": 1800000000, "v": 2, "y": )" + value + "}"));
}

TEST_CASE("the version of an entry is handed on") {
    const auto version = [](const std::string& text) {
        const auto found = read_back(R"({"ct": 1800000000, "v": )" + text + "}");
        return found ? std::optional(found->version) : std::nullopt;
    };
    CHECK(version("1") == 1);
    CHECK(version("3") == 3);
    CHECK(version("-1") == -1);
    CHECK(version("2.0") == 2);
    CHECK_FALSE(version("2.5"));
    CHECK_FALSE(version("\"2\""));
    CHECK_FALSE(version("1e300"));
    CHECK_FALSE(version("NaN"));
    CHECK_FALSE(version("null"));
    CHECK_FALSE(version("true"));
}

TEST_CASE("metadata that cannot be understood is no entry") {
    for (const char* const metadata : {"",
                                       "{}",
                                       "[]",
                                       "null",
                                       "{",
                                       "}",
                                       "{\"ct\": 1800000000}",
                                       "{\"v\": 2}",
                                       R"({"ct": null, "v": 2})",
                                       R"({"ct": "1800000000", "v": 2})",
                                       R"({"ct": [1800000000], "v": 2})",
                                       R"({"ct": 0, "v": 2})",
                                       R"({"ct": 0.0, "v": 2})",
                                       R"({"ct": -1, "v": 2})",
                                       R"({"ct": NaN, "v": 2})",
                                       R"({"ct": Infinity, "v": 2})",
                                       R"({"ct": -Infinity, "v": 2})",
                                       R"({"ct": 1e-12, "v": 2})",
                                       R"({"ct": 9.3e9, "v": 2})",
                                       R"({"ct": 1e300, "v": 2})",
                                       R"({"ct": 1e999, "v": 2})",
                                       R"({"ct": 1800000000, "v": 2, "ttl": -1})",
                                       R"({"ct": 1800000000, "v": 2, "ttl": "1"})",
                                       R"({"ct": 1800000000, "v": 2, "ttl": NaN})",
                                       R"({"ct": 1800000000, "v": 2, "cost": []})",
                                       R"({"ct": 1800000000, "v": 2, "tags": "a"})",
                                       R"({"ct": 1800000000, "v": 2, "tags": [1]})",
                                       R"({"ct": 1800000000, "v": 2, "tags": ["a", null]})",
                                       R"({"ct": 1800000000, "v": 2, "tags": ["a",]})",
                                       R"({"ct": 1800000000, "v": 2,})",
                                       R"({"ct": 1800000000, "v": 2} x)",
                                       R"({"ct": 1800000000 "v": 2})",
                                       R"({"ct": 1800000000, "v": 2)",
                                       R"({"ct": 1800000000, "v": 2]})",
                                       R"({ct: 1800000000, "v": 2})",
                                       R"({"ct": 01800000000, "v": 2})",
                                       R"({"ct": +1800000000, "v": 2})",
                                       R"({"ct": 1800000000., "v": 2})",
                                       R"({"ct": 0x6B49D200, "v": 2})",
                                       R"({"ct": 1800000000, "v": 2, "x": "\x"})",
                                       R"({"ct": 1800000000, "v": 2, "x": "\u12"})",
                                       R"({"ct": 1800000000, "v": 2, "x": "\u-123"})",
                                       "{\"ct\": 1800000000, \"v\": 2, \"x\": \"\n\"}",
                                       R"({"ct": 1800000000, "v": 2, "x": .5})",
                                       R"({"ct": 1800000000, "v": 2, "x": 1e})",
                                       R"({"ct": 1800000000, "v": 2, "x": -})",
                                       R"({"ct": 1800000000, "v": 2, "x": nul})",
                                       R"({"ct": 1800000000, "v": 2, "x": })",
                                       R"({"ct": 1800000000, "v": 2, "x)",
                                       "\x80\x04\x95",
                                       "\xef\xbb",
                                       "((I1\nF1.5\n"}) {
        CAPTURE(metadata);
        CHECK_FALSE(read_back(metadata));
    }
    CHECK_FALSE(read_back(std::string("{\"ct\": 1800000000, \"v\": 2}\0", 27)));
    CHECK_FALSE(kennel::decode_envelope(""));
    CHECK_FALSE(kennel::decode_envelope("|"));
    CHECK_FALSE(kennel::decode_envelope("|payload"));
    CHECK_FALSE(kennel::decode_envelope(R"({"ct": 1800000000.0, "v": 2})"));
    CHECK_FALSE(kennel::decode_envelope(R"({"ct": 1800000000.0, "v": 2, "tags": ["a|b"]}|payload)"));
}

TEST_CASE("null in a field of ours means that it is not there") {
    const auto found = read_back(R"({"ct": 1800000000, "v": 2, "ttl": null, "tags": null, "cost": null})");
    REQUIRE(found);
    CHECK_FALSE(found->time_to_live);
    CHECK(found->tags.empty());
    CHECK(found->creation_cost == kennel::TimeSpan());
}

TEST_CASE("nesting without end is refused and not followed") {
    const std::size_t depth = GENERATE(as<std::size_t>(), 10, 64, 65, 1'000'000);
    const std::string deep = std::string(depth, '[') + std::string(depth, ']');
    CHECK(is_fresh_entry(R"({"ct": 1800000000, "v": 2, "x": )" + deep + "}") == (depth <= 64));
    CHECK_FALSE(read_back(R"({"ct": 1800000000, "v": 2, "x": )" + std::string(depth, '[')));
    std::string objects;
    for (std::size_t level = 0; level != depth; ++level) objects += R"({"a":)";
    CHECK_FALSE(read_back(R"({"ct": 1800000000, "v": 2, "x": )" + objects));
}

TEST_CASE("the tags of an entry take memory in proportion to its bytes") {
    std::string metadata = R"({"ct": 1800000000.0, "v": 2, "tags": [""])";
    for (int count = 0; count != 100'000; ++count) metadata.insert(metadata.size() - 1, ",\"\"");
    metadata += '}';
    const auto found = read_back(metadata);
    REQUIRE(found);
    CHECK(found->tags.names().size() == 100'001);
    CHECK(found->tags.names().capacity() * sizeof(std::string) <= 24 * metadata.size());
}

TEST_CASE("no bytes whatever break the reader") {
    const std::string good =
        R"({"ct": 1795243567.8039305, "v": 2, "ttl": 1.5, "tags": ["a\u00e9", "\ud83d\ude00"], "x": {"y": [null, -1e5]}, "cost": 2}|p)";
    REQUIRE(kennel::decode_envelope(good));
    std::mt19937 engine(4711);
    const auto below = [&](std::size_t end) { return engine() % end; };
    std::size_t understood = 0;
    for (int round = 0; round != 50'000; ++round) {
        std::string bytes = good;
        for (std::size_t changes = 1 + below(4); changes != 0; --changes) {
            const std::size_t at = below(bytes.size());
            if (below(3) == 0) bytes.erase(at, 1 + below(8));
            else if (below(2) == 0) bytes[at] = static_cast<char>(static_cast<unsigned char>(below(256)));
            else bytes.insert(at, good, below(good.size()), below(12));
            if (bytes.empty()) bytes = "|";
        }
        const auto found = kennel::decode_envelope(bytes);
        if (!found) continue;
        ++understood;
        REQUIRE(found->metadata.created > kennel::WallTime());
        REQUIRE(kennel::decode_envelope(kennel::encode_envelope(*found)));
    }
    CHECK(understood > 100);
    for (std::size_t length = 0; length < good.find('|'); ++length)
        REQUIRE_FALSE(kennel::decode_envelope(good.substr(0, length) + "|p"));
}

TEST_CASE("whatever creation time Python's json writes comes back byte for byte") {
    const auto output = test::run_python(
        "import json, random\n"
        "random.seed(4711)\n"
        "for i in range(3000):\n"
        "    ct = random.choice([random.uniform(1e8, 9.1e9), random.randrange(10**8, 9 * 10**9) / 1,\n"
        "                        round(random.uniform(1.7e9, 1.9e9), random.randrange(8))])\n"
        "    print(json.dumps({\"ct\": ct, \"v\": 2}))\n");
    if (!output) SKIP("python3 is not installed");
    const std::vector<std::string> lines = lines_of(*output);
    REQUIRE(lines.size() == 3000);
    for (const std::string& line : lines) {
        const std::string stored = line + "|payload";
        const auto found = kennel::decode_envelope(stored);
        REQUIRE(found);
        REQUIRE(kennel::encode_envelope(*found) == stored);
    }
}

TEST_CASE("floating point numbers have the text that Python gives them") {
    const auto output = test::run_python(
        "import random, struct\n"
        "random.seed(4711)\n"
        "for i in range(3000):\n"
        "    x = random.choice([random.uniform(-10, 10), 10.0 ** random.randrange(-30, 30), float(random.randrange(10**17)),\n"
        "                       struct.unpack(\"<d\", random.randbytes(8))[0]])\n"
        "    print(x.hex(), repr(x))\n");
    if (!output) SKIP("python3 is not installed");
    const std::vector<std::string> lines = lines_of(*output);
    REQUIRE(lines.size() == 3000);
    for (const std::string& line : lines) {
        const std::size_t blank = line.find(' ');
        REQUIRE(kennel::key_text(std::strtod(line.c_str(), nullptr)) == line.substr(blank + 1));
    }
}

TEST_CASE("Python's json reads the metadata that we write") {
    const std::vector<std::string> tags = {"plain", "a|b\"\\\n", "sch\xc3\xb6n", "\xf0\x9f\x98\x80", "stray \xff"};
    const std::string stored = kennel::encode_envelope(entry(
        "p|q", {.created = round_time + 250ms, .time_to_live = 90s, .tags = kennel::Tags(tags), .creation_cost = 1ms}));
    const auto output = test::run_python(
        "import json\n"
        "metadata, _, payload = bytes.fromhex(\"" +
        in_hex(stored) +
        "\").partition(b\"|\")\n"
        "fields = json.loads(metadata)\n"
        "print(list(fields), fields[\"ct\"], fields[\"v\"], fields[\"ttl\"], fields[\"cost\"], payload)\n"
        "for tag in fields[\"tags\"]: print(tag.encode(\"utf-8\", \"surrogateescape\").hex())\n");
    if (!output) SKIP("python3 is not installed");
    std::string expected = "['ct', 'v', 'ttl', 'tags', 'cost'] 1800000000.25 2 90.0 0.001 b'p|q'\n";
    for (const std::string& tag : tags) expected += in_hex(tag) + "\n";
    CHECK(*output == expected);
}
