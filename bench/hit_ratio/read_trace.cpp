#include "read_trace.hpp"

#include "byte_source.hpp"
#include "input_error.hpp"
#include "text.hpp"

#include <cstring>

namespace bench {

namespace {

constexpr std::size_t longest_key = (1U << 24U) - 1; // that the memory backend takes

bool is_numbers(const std::string& path, std::string_view begin) {
    return path.ends_with(".u64") || path.ends_with(".u64.xz") || begin.find('\0') != std::string_view::npos;
}

/// The file's name without what says how it is written.
std::string name_of(std::string path) {
    if (path == "-") return "standard input";
    path.erase(0, path.find_last_of('/') + 1);
    for (const std::string_view ending : {".xz", ".u64", ".txt"})
        if (path.ends_with(ending) && path.size() > ending.size()) path.resize(path.size() - ending.size());
    return path;
}

void read_numbers(ByteSource& source, TraceBuilder& trace, Progress& progress) {
    std::size_t read = 0;
    for (std::string_view bytes = source.next(); !bytes.empty() && !trace.is_full(); bytes = source.next()) {
        read += bytes.size();
        for (; bytes.size() >= 8 && !trace.is_full(); bytes.remove_prefix(8)) trace.add(bytes.substr(0, 8));
        if (bytes.size() % 8 != 0)
            throw InputError(source.name() + ": it ends in the middle of a key, after " + grouped(read) +
                             " bytes: keys of 8 bytes were expected. Get the whole of it, or say --format text if it "
                             "has one key in each line");
        progress.show("reading " + source.name() + ": " + grouped(trace.size()) + " requests");
    }
}

void read_lines(ByteSource& source, TraceBuilder& trace, Progress& progress) {
    std::string line;
    const auto append = [&](std::string_view text) {
        if (line.size() + text.size() > longest_key)
            throw InputError(source.name() + ": the line after request " + grouped(trace.size()) +
                             " has 16 MiB or more, which is no key; say --format u64 if it has keys of 8 bytes");
        line.append(text);
    };
    const auto end_line = [&] {
        if (line.ends_with('\r')) line.pop_back();
        if (!line.empty() && !trace.is_full()) trace.add(line);
        line.clear();
    };
    for (std::string_view text = source.next(); !text.empty() && !trace.is_full(); text = source.next()) {
        for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1)) {
            append(text.substr(0, end));
            end_line();
        }
        append(text);
        progress.show("reading " + source.name() + ": " + grouped(trace.size()) + " requests");
    }
    end_line();
}

} // namespace

Trace read_trace(const std::string& path, TraceFormat format, std::size_t limit, Progress& progress) {
    ByteSource source(path);
    TraceBuilder trace(source.name(), limit);
    if (format == TraceFormat::u64 || (format == TraceFormat::detect && is_numbers(path, source.peek()))) {
        read_numbers(source, trace, progress);
        return trace.take(name_of(path), "8 bytes each");
    }
    read_lines(source, trace, progress);
    return trace.take(name_of(path), "one in each line");
}

} // namespace bench
