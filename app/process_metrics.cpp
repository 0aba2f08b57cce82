#include "app/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>

namespace meshwarden::app {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

// Fields of /proc/self/stat, counted from the process' state: its name before may hold blanks and brackets.
struct Stat {
    double cpu_seconds = 0, threads = 0, resident_bytes = 0, virtual_bytes = 0;
};

std::optional<Stat> read_stat() {
    std::ifstream file("/proc/self/stat");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos) return std::nullopt;
    std::istringstream fields(text.substr(name_end + 1));
    const std::vector<std::string> words{std::istream_iterator<std::string>(fields), {}};
    if (words.size() < 22) return std::nullopt;
    const double ticks = double(sysconf(_SC_CLK_TCK));
    const auto number = [&](std::size_t index) { return std::stod(words[index]); };
    return Stat{(number(11) + number(12)) / ticks, number(17),
                number(21) * double(sysconf(_SC_PAGESIZE)), number(20)};
}

std::optional<double> open_files() {
    std::error_code failed;
    const std::filesystem::directory_iterator all("/proc/self/fd", failed);
    if (failed) return std::nullopt;
    return double(std::distance(begin(all), end(all))) - 1;  // less the one that lists them
}

std::optional<double> most_files() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
    return double(limit.rlim_cur);
}

MetricFamily family(const char* name, const char* help, double value, MetricType type = MetricType::Gauge) {
    prometheus::ClientMetric metric;
    metric.gauge.value = value;
    metric.counter.value = value;
    return {name, help, type, {metric}};
}

}  // namespace

std::vector<MetricFamily> ProcessMetrics::Collect() const {
    std::vector<MetricFamily> all;
    if (const auto stat = read_stat()) {
        all.push_back(
            family("process_cpu_seconds_total", "CPU time, user and system.", stat->cpu_seconds, MetricType::Counter));
        all.push_back(family("process_resident_memory_bytes", "Resident memory.", stat->resident_bytes));
        all.push_back(family("process_virtual_memory_bytes", "Virtual memory.", stat->virtual_bytes));
        all.push_back(family("process_threads", "Threads.", stat->threads));
    }
    all.push_back(family("process_start_time_seconds", "When the process began.", to_epoch_seconds(started_at_)));
    if (const auto count = open_files())
        all.push_back(family("process_open_fds", "Open files and connections.", *count));
    if (const auto limit = most_files()) all.push_back(family("process_max_fds", "How many may be open.", *limit));
    return all;
}

}  // namespace meshwarden::app
