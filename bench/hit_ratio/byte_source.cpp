#include "byte_source.hpp"

#include "input_error.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace bench {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t chunk_size = 1U << 16U;
constexpr std::string_view begin_of_xz = "\xFD\x37\x7A\x58\x5A\x00"sv;

struct Compression {
    std::string_view begin;
    const char* program;
};
constexpr std::array<Compression, 3> other_compressions{
    {{"\x1F\x8B\x08"sv, "gzip"}, {"\x28\xB5\x2F\xFD"sv, "zstd"}, {"BZh"sv, "bzip2"}}};

File opened(const std::string& path) {
    if (path == "-") return File(stdin);
    File file(std::fopen(path.c_str(), "rb"));
    if (!file)
        throw InputError(path + ": it cannot be opened (" + std::strerror(errno) + "); is that the right place?");
    return file;
}

} // namespace

void require_readable(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::is_fifo(path, error)) static_cast<void>(opened(path)); // which would begin to be read
}

ByteSource::ByteSource(const std::string& path)
    : name_(path == "-" ? "standard input" : path), file_(opened(path)), buffer_(chunk_size) {
    fill();
    if (peek().starts_with(begin_of_xz)) {
        xz_.emplace(file_.get(), name_);
        fill();
    }
    if (size_ == 0) throw InputError(name_ + ": it is empty; a trace has one key for each request");
    refuse_other_compressions();
}

std::string_view ByteSource::next() {
    if (!is_begin_) fill();
    is_begin_ = false;
    return peek();
}

void ByteSource::refuse_other_compressions() const {
    for (const auto& [begin, program] : other_compressions)
        if (peek().starts_with(begin))
            throw InputError(name_ + ": it is compressed by " + program + "; decompress it first: " + program +
                             " -dc FILE | ./dev bench hit_ratio -");
}

void ByteSource::fill() {
    std::FILE* const file = xz_ ? xz_->output() : file_.get();
    size_ = std::fread(buffer_.data(), 1, buffer_.size(), file);
    if (size_ == buffer_.size()) return;
    if (std::ferror(file) != 0) throw InputError(name_ + ": it cannot be read: " + std::strerror(errno));
    if (xz_) xz_->finish();
}

} // namespace bench
