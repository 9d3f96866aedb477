// needs: toml
#include "kennel/config/toml.hpp"

#include "kennel/errors.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace {

using namespace std::chrono_literals;

/// A file in the directory for temporary files that is gone with this object.
class TemporaryFile {
public:
    explicit TemporaryFile(std::string_view content)
        : path_(std::filesystem::temp_directory_path() / ("kennel-toml-" + std::to_string(::getpid()) + ".toml")) {
        std::ofstream(path_) << content;
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }

    [[nodiscard]] std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

kennel::Settings settings_in(std::string_view content) {
    const TemporaryFile file(content);
    return kennel::load_toml(file.path());
}

/// What is wrong with a file, with `FILE` for its path.
std::string complaint_about(std::string_view content) {
    const TemporaryFile file(content);
    try {
        static_cast<void>(kennel::load_toml(file.path()));
    } catch (const kennel::ValidationError& error) {
        const std::string text = error.what();
        return text.starts_with(file.path()) ? "FILE" + text.substr(file.path().size()) : text;
    }
    return "";
}

} // namespace

TEST_CASE("tables become dotted names, and values keep their types") {
    const kennel::Settings settings = settings_in(R"(
title = "demo"

[cache.users]
backend = "redis"
expiration_time = "2h5m"
replace_existing_backend = false
wrap = ["logging", "retry"]

[cache.users.arguments]
port = 6379
lock_sleep = 0.1
none = []

[cache.teams]
arguments.host = "localhost"
"quoted name" = 1
)");
    CHECK(settings.size() == 10);
    CHECK(settings.at("title").as<std::string>() == "demo");
    CHECK(settings.at("cache.users.backend").as<std::string>() == "redis");
    CHECK(settings.at("cache.users.expiration_time").as<kennel::TimeSpan>() == kennel::TimeSpan(125min));
    CHECK(settings.at("cache.users.replace_existing_backend").as<bool>() == false);
    CHECK(settings.at("cache.users.wrap").as<std::vector<std::string>>() ==
          std::vector<std::string>{"logging", "retry"});
    CHECK(settings.at("cache.users.arguments.port").as<int>() == 6379);
    CHECK(settings.at("cache.users.arguments.lock_sleep").as<double>() == 0.1);
    CHECK(settings.at("cache.users.arguments.none").as<std::vector<std::string>>()->empty());
    CHECK(settings.at("cache.teams.arguments.host").as<std::string>() == "localhost");
    CHECK(settings.at("cache.teams.quoted name").as<int>() == 1);
}

TEST_CASE("an empty file has no settings") {
    CHECK(settings_in("").empty());
    CHECK(settings_in("# nothing\n[table]\n").empty());
}

TEST_CASE("a mistake in the file is reported with its place") {
    CHECK(complaint_about("a = 1\nb = \n").starts_with("FILE:2:"));
    CHECK(complaint_about("a = 1\na = 2\n").starts_with("FILE:2:"));
    CHECK(complaint_about("when = 2026-01-01\n").starts_with("FILE:1:8: 'when' is a date or time"));
    CHECK(complaint_about("\nlist = [\"a\", 1]\n") == "FILE:2:14: 'list' is a list of something else than text");
    CHECK(complaint_about("[[table]]\na = 1\n").find("'table' is a list of something else than text") !=
          std::string::npos);
    CHECK(complaint_about("\"a.b\" = 1\n[a]\nb = 2\n").find("'a.b' is there twice") != std::string::npos);
}

TEST_CASE("a directory is not a file of settings") {
    REQUIRE_THROWS_AS(kennel::load_toml(std::filesystem::temp_directory_path().string()), kennel::ValidationError);
}

TEST_CASE("a file that is not there is reported with its path") {
    const std::string path = (std::filesystem::temp_directory_path() / "kennel-no-such-file.toml").string();
    REQUIRE_THROWS_AS(kennel::load_toml(path), kennel::ValidationError);
    try {
        static_cast<void>(kennel::load_toml(path));
    } catch (const kennel::ValidationError& error) {
        CHECK(std::string(error.what()).starts_with(path + ": "));
    }
}
