#include "app/detect_command.hpp"

#include <fmt/format.h>
#include <fmt/os.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>
#include <unordered_map>

#include "anomaly/baseline.hpp"
#include "anomaly/explain.hpp"
#include "anomaly/names.hpp"
#include "anomaly/row_parser.hpp"
#include "model/time.hpp"

namespace meshwarden::app {
namespace {

using anomaly::RowParser;
using anomaly::TextRow;

struct CloseGzip { void operator()(gzFile file) const { gzclose(file); } };
struct CloseFile { void operator()(std::FILE* file) const { std::fclose(file); } };
using Gzip = std::unique_ptr<gzFile_s, CloseGzip>;
using File = std::unique_ptr<std::FILE, CloseFile>;

constexpr std::size_t most_line = 128 * 1024;

// Lines of a plain or compressed file, each with its number.
class Lines {
public:
    explicit Lines(Gzip file) : file_(std::move(file)) { gzbuffer(file_.get(), 1 << 18); }

    bool next() {
        if (!gzgets(file_.get(), buffer_.data(), int(buffer_.size()))) return false;
        ++number_;
        line_ = buffer_.data();
        if (line_.ends_with('\n')) line_.remove_suffix(1);
        return true;
    }
    std::string_view line() const { return line_; }
    long number() const { return number_; }
    // What ended the reading; empty at the end of a whole file. `unreadable`: not the content, but the file.
    std::string problem(bool& unreadable) const {
        int code = Z_OK;
        const char* text = gzerror(file_.get(), &code);
        if (code == Z_OK || code == Z_STREAM_END) return {};
        unreadable = code == Z_ERRNO;
        return unreadable ? std::strerror(errno) : text;
    }

private:
    Gzip file_;
    std::array<char, most_line> buffer_{};
    std::string_view line_;
    long number_ = 0;
};

// Gathers the rows of one interval, one per edge, and hands them to the baseline.
class Search {
public:
    Search(const DetectOptions& options, double interval_seconds, File scores)
        : options_(options),
          interval_seconds_(interval_seconds),
          baseline_({.interval_seconds = interval_seconds}),
          scores_(std::move(scores)) {}

    Result<void> take(const TextRow& text) {
        if (begun_ && text.interval < interval_)
            return fail(fmt::format("interval {} stands after {}, expected rising indexes", text.interval, interval_));
        if (begun_ && text.interval > interval_) finish();
        begun_ = true;
        interval_ = text.interval;
        const auto source = workloads_.number(text.source), destination = workloads_.number(text.destination);
        const auto [place, fresh] =
            places_.try_emplace(std::uint64_t(source) << 32 | destination, std::uint32_t(rows_.size()));
        if (fresh) rows_.push_back({source, destination, 0, 0, 0});
        auto& row = rows_[place->second];
        row.count += float(text.count);
        if (!text.principal.empty()) row.principal = words_.number(text.principal) + 1;
        if (!text.source_version.empty()) row.source_version = words_.number(text.source_version) + 1;
        if (scores_) lines_.push_back(place->second);
        return {};
    }

    void finish() {
        if (!begun_) return;
        found_.clear();
        odd_.resize(scores_ ? rows_.size() : 0);
        baseline_.inspect(interval_, rows_, found_, odd_);
        for (const auto& one : found_)
            if (options_.all || one.alerts_per_day <= options_.budget) print(one);
        for (const auto place : lines_) std::fwrite(&odd_[place], sizeof(float), 1, scores_.get());
        rows_.clear();
        places_.clear();
        lines_.clear();
    }

    bool learning() const { return baseline_.learning(); }
    bool written() const { return !scores_ || (std::fflush(scores_.get()) == 0 && !std::ferror(scores_.get())); }

private:
    void print(const anomaly::Candidate& one) {
        const auto name_of = [&](anomaly::NodeId node) {
            return node == anomaly::no_node ? std::string() : workloads_.name(node);
        };
        const auto severity = anomaly::severity_of(one, name_of, anomaly::usual_severity(one.kind));
        nlohmann::ordered_json line{{"interval", one.interval},
                                    {"kind", to_string(one.kind)},
                                    {"source", name_of(one.source)},
                                    {"destination", name_of(one.destination)},
                                    {"alerts_per_day", one.alerts_per_day},
                                    {"severity", to_string(severity)},
                                    {"explanation", anomaly::explain(one, name_of, interval_seconds_)}};
        fmt::print("{}\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
        if (std::fflush(stdout) != 0)
            throw std::system_error(errno, std::generic_category(), "cannot write to the output");
    }

    const DetectOptions& options_;
    double interval_seconds_;
    anomaly::Baseline baseline_;
    anomaly::Names workloads_, words_;
    File scores_;
    std::vector<anomaly::Row> rows_;
    std::unordered_map<std::uint64_t, std::uint32_t> places_;
    std::vector<std::uint32_t> lines_;  // of each line, its row
    std::vector<anomaly::Candidate> found_;
    std::vector<float> odd_;
    anomaly::Interval interval_ = 0;
    bool begun_ = false;
};

Gzip open_rows(const std::string& path) {
    return Gzip(path == "-" ? gzdopen(fileno(stdin), "rb") : gzopen(path.c_str(), "rb"));
}

// A file that ends too early breaks its last line too: the cause is told, not the effect.
int complain(const Lines& lines, const std::string& file, const std::string& what) {
    bool unreadable = false;
    const auto problem = lines.problem(unreadable);
    fmt::print(stderr, "{}:{}: {}\n", file, lines.number(), problem.empty() ? what : "cannot be read on: " + problem);
    return unreadable ? 3 : 1;
}

int search(Lines& lines, Search& search, const std::string& file) {
    RowParser parser;
    TextRow row;
    while (lines.next()) {
        const auto line = parser.parse(lines.line(), row);
        if (!line) return complain(lines, file, line.error().message);
        if (*line != RowParser::Line::row) continue;
        if (const auto taken = search.take(row); !taken) return complain(lines, file, taken.error().message);
    }
    bool unreadable = false;
    if (!lines.problem(unreadable).empty()) return complain(lines, file, "");
    search.finish();
    if (search.learning()) fmt::print(stderr, "{}: too short to learn from: nothing could be told\n", file);
    if (search.written()) return 0;
    fmt::print(stderr, "the scores cannot be written: {}\n", std::strerror(errno));
    return 3;
}

}  // namespace

int detect(const DetectOptions& options) {
    const auto interval = parse_duration(options.interval);
    if (!interval || *interval < std::chrono::seconds(1) || *interval > std::chrono::hours(1)) {
        fmt::print(stderr, "--interval: '{}' is no length of an interval, expected 1s to 1h\n", options.interval);
        return 2;
    }
    auto rows = open_rows(options.rows);
    if (!rows) {
        fmt::print(stderr, "{}: cannot be opened: {}\n", options.rows, std::strerror(errno));
        return 3;
    }
    File scores(options.scores.empty() ? nullptr : std::fopen(options.scores.c_str(), "wb"));
    if (!options.scores.empty() && !scores) {
        fmt::print(stderr, "{}: cannot be written: {}\n", options.scores, std::strerror(errno));
        return 3;
    }
    Lines lines(std::move(rows));
    Search baseline(options, double(interval->count()) / 1000, std::move(scores));
    return search(lines, baseline, options.rows);
}

}  // namespace meshwarden::app
