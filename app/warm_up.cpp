#include "app/warm_up.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "model/log_text.hpp"

namespace meshwarden::app {
namespace {

constexpr int most_steps = 2000;                 // of one stretch; Prometheus refuses more than 11,000
constexpr std::size_t most_samples = 500'000;    // of one stretch
constexpr Duration long_stretch = std::chrono::seconds(1);
constexpr int cost_share = 10;                   // a stretch may take a tenth of the time
constexpr int most_failures = 5;                 // in a row

Time floor_to(Time at, Duration step) { return Time(at.time_since_epoch() / step * step); }

}  // namespace

WarmUp::WarmUp(const anomaly::Options& options, std::string prometheus, const io::Clock& clock, LoopMetrics& metrics)
    : options_(options), prometheus_(std::move(prometheus)), clock_(clock), metrics_(metrics),
      done_(!options.enabled) {}

void WarmUp::begin(const Snapshot& live, const anomaly::TopologyDetector& topology) {
    const auto taught = topology.taught_until();
    const Time oldest = live.at - options_.warm_up;
    from_ = next_ = floor_to(std::max(taught.value_or(oldest), oldest), options_.interval) + options_.interval;
    until_ = live.at;
    settled_until_ = taught.value_or(live.since);
    due_ = live.at;
    if (*next_ + options_.interval < live.at)
        spdlog::info(log_text("reading who called whom in the past",
                              {{"prometheus", prometheus_}, {"from", to_rfc3339(*from_)}, {"until", to_rfc3339(until_)}}));
}

void WarmUp::step(Snapshot& live, collector::Collector& collector, anomaly::TopologyDetector& topology,
                  std::stop_token stop) {
    if (done_) return;
    if (live.reachable) {
        if (!next_) begin(live, topology);
        const Time last = floor_to(live.at, options_.interval);
        while (!done_ && *next_ <= last && live.at >= due_ && !stop.stop_requested())
            read(live, last, collector, topology, stop);
        if (!done_ && *next_ > last) end("the past was read");
    }
    if (done_) return;
    live.edges_answered = false;
    live.edges.clear();
    metrics_.warmed_up(prometheus_, progress() ? progress()->share() : 0);
}

void WarmUp::read(const Snapshot& live, Time last, collector::Collector& collector,
                  anomaly::TopologyDetector& topology, std::stop_token stop) {
    const Time to = std::min(last, *next_ + (steps_ - 1) * options_.interval);
    const Time began = clock_.now();
    std::size_t given = 0;
    const auto teach = [&](Snapshot past) {
        past.since = settled_until_;
        past.scrape_interval = live.scrape_interval;
        past.expectations = live.expectations;
        topology.inspect(past);
        ++given;
    };
    const auto series = collector.read_past(*next_, to, options_.interval, teach, stop);
    if (stop.stop_requested()) return;
    const Duration took = clock_.now() - began;
    const bool empty = series && *series == 0;  // before anything was scraped: on at once
    due_ = live.at + (empty ? Duration{0} : std::max(cost_share * took, Duration(1)));
    if (!series) return failed(series.error());
    failures_ = 0;
    next_ = to + options_.interval;
    const auto by_size = int(std::clamp<std::size_t>(most_samples / std::max<std::size_t>(*series, 1), 1, most_steps));
    steps_ = std::clamp(empty ? most_steps : took > long_stretch ? steps_ / 2 : 2 * steps_, 1, by_size);
    spdlog::debug(log_text("a stretch of the past was read", {{"prometheus", prometheus_}, {"until", to_rfc3339(to)},
                                                              {"series", std::to_string(*series)},
                                                              {"readings", std::to_string(given)},
                                                              {"took", to_string(took)}}));
}

// A stretch that is too large for Prometheus may go in smaller ones.
void WarmUp::failed(const Cause& cause) {
    steps_ = std::max(1, steps_ / 4);
    if (++failures_ == 1)
        spdlog::warn(log_text("the past cannot be read, it is tried again",
                              {{"prometheus", prometheus_}, {"cause", cause.code}, {"error", cause.text}}));
    if (failures_ >= most_failures) end("the past could not be read; what is missing is learned from now on");
}

void WarmUp::end(std::string_view how) {
    if (*next_ > *from_ || failures_ > 0)
        spdlog::info(log_text(how, {{"prometheus", prometheus_}, {"from", to_rfc3339(*from_)},
                                    {"until", to_rfc3339(*next_ - options_.interval)}}));
    metrics_.warmed_up(prometheus_, 1);
    done_ = true;
}

std::optional<WarmUpProgress> WarmUp::progress() const {
    if (done_ || !next_) return std::nullopt;
    return WarmUpProgress{*from_, until_, *next_ - options_.interval};
}

}  // namespace meshwarden::app
