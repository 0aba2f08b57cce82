// Narrow questions: the Collector at a Prometheus that evaluates what it asks over random lives of proxies. What it
// counts is what happened, although it hardly ever reads a series that stands still.
#include <set>

#include <re2/re2.h>

#include "tests/collector/lives.hpp"
#include "tests/collector/watched.hpp"
#include "tests/fakes/scripted_prometheus.hpp"

using namespace meshwarden;
using namespace meshwarden::collector;
using namespace meshwarden::collector::lives;
using fakes::PageAnswer;

namespace {

// What a process shows after it began anew: nothing until the first event, or every series at 0. Without an uptime only
// the scrape that shows the zeros tells of the restart: it never fails, and nothing has happened by then.
enum class Anew { absent, zero, zero_without_uptime };

void show_zeros(Target& target, Anew anew) {
    std::set<int> seen;
    double started = target.scrapes.front().started;
    for (auto& scrape : target.scrapes) {
        if (anew == Anew::zero_without_uptime && std::exchange(started, scrape.started) != scrape.started) {
            scrape.values.clear();
            scrape.good = true;
        }
        for (const auto& [series, value] : scrape.values) seen.insert(series);
        for (const int series : seen) scrape.values.try_emplace(series, 0);
    }
}

// As much PromQL as the Collector speaks, over lives; a scrape can be read `lag` seconds after its time.
class Evaluator {
public:
    Evaluator(std::vector<Target> targets, Anew anew, double lag)
        : targets_(std::move(targets)), anew_(anew), lag_(lag) {}

    PageAnswer operator()(const std::string& query, double time) const {
        const double range = range_of(query);
        const bool vector = !query.starts_with("x") && !query.starts_with("up{") && !query.starts_with("{");
        std::vector<TestSeries> found;
        for (const auto& target : targets_) {
            if (!asked_for(query, target.instance)) continue;
            Target read{target.instance, {}};
            for (const auto& scrape : target.scrapes)
                if (scrape.time > time - range && scrape.time + lag_ <= time) read.scrapes.push_back(scrape);
            if (query.starts_with("last_over_time(x[") || query.starts_with("x")) add_events(read, vector, found);
            if (query.starts_with("up{")) add(read, "up", [](const Scrape& s) { return s.good ? 1 : 0; }, found);
            if (query.starts_with("{__name__=~\"envoy_server_uptime")) add_uptime(read, found);
            if (query.starts_with("last_over_time(envoy_server_uptime[") && young(read, query))
                found.push_back(bare(read));
            if (query.starts_with("count by (cluster, job, instance) (x") && scraped(read)) found.push_back(bare(read));
        }
        if (query.starts_with("max(timestamp(up))")) found = {latest(time)};
        return {200, vector ? vector_json(found) : matrix_json(found)};
    }

private:
    static double range_of(const std::string& query) {
        std::string text;
        return re2::RE2::PartialMatch(query, R"(\[([0-9a-z]+)\])", &text) ? double(parse_duration(text)->count()) / 1000
                                                                          : 300;
    }
    static bool asked_for(const std::string& query, const std::string& instance) {
        std::string list;
        if (!re2::RE2::PartialMatch(query, R"re(instance=~?"([^"]*)")re", &list)) return true;
        return ("|" + list + "|").find("|" + instance + "|") != std::string::npos;
    }
    static Labels labels(const Target& target, const char* name) {
        return {{"__name__", name}, {"job", "j"}, {"instance", target.instance}};
    }
    static bool scraped(const Target& target) { return std::ranges::any_of(target.scrapes, &Scrape::good); }
    static TestSeries bare(const Target& target) { return {{{"job", "j"}, {"instance", target.instance}}, {{1, 1}}}; }

    template <class Value>
    static void add(const Target& target, const char* name, Value value, std::vector<TestSeries>& found) {
        TestSeries series{labels(target, name), {}};
        for (const auto& scrape : target.scrapes)
            if (scrape.good || std::string_view(name) == "up") series.samples.emplace_back(scrape.time, value(scrape));
        if (!series.samples.empty()) found.push_back(std::move(series));
    }
    void add_uptime(const Target& target, std::vector<TestSeries>& found) const {
        if (anew_ == Anew::zero_without_uptime) return;
        add(
            target, "envoy_server_uptime", [](const Scrape& s) { return std::floor((s.time - s.started) / 5) * 5; },
            found);
    }
    static void add_events(const Target& target, bool last_above_zero, std::vector<TestSeries>& found) {
        for (int i = 0; i < 4; ++i) {
            TestSeries series{labels(target, "x"), {}};
            series.labels.set("series", std::to_string(i));
            for (const auto& scrape : target.scrapes)
                if (scrape.good && scrape.values.contains(i))
                    series.samples.emplace_back(scrape.time, scrape.values.at(i));
            if (series.samples.empty() || (last_above_zero && series.samples.back().second == 0)) continue;
            found.push_back(std::move(series));
        }
    }
    bool young(const Target& target, const std::string& query) const {
        double limit = 0;
        std::vector<TestSeries> uptime;
        add_uptime(target, uptime);
        return !uptime.empty() && re2::RE2::PartialMatch(query, R"(\]\) < ([0-9.]+) or )", &limit) &&
               uptime.front().samples.back().second < limit;
    }
    TestSeries latest(double time) const {
        double latest = 0;
        for (const auto& target : targets_)
            for (const auto& scrape : target.scrapes)
                if (scrape.time + lag_ <= time) latest = std::max(latest, scrape.time);
        return {{}, {{time, latest}}};
    }

    std::vector<Target> targets_;
    Anew anew_;
    double lag_;
};

// A Watcher at a Prometheus that a test fills; it may be replaced by one that resumes at its cursor.
struct Watch {
    fakes::ScriptedPrometheus server;
    std::optional<Watcher> watcher;
    double before = 0;

    explicit Watch(std::size_t max_series = 100'000) : max_series_(max_series) {
        server.targets(R"({"status":"success","data":{"activeTargets":[{"scrapeInterval":"15s"}]}})");
        begin_anew();
    }

    void begin_anew() {
        Options options;
        options.endpoint.url = server.url();
        options.max_series = max_series_;
        const auto cursor = watcher ? watcher->cursor() : std::nullopt;
        if (watcher) before += watcher->counted("x");
        watcher.emplace(options, std::vector{counter_spec("x", "x")});
        if (cursor) watcher->resume(*cursor);
    }
    const Coverage& poll(double time) {
        server.set_time(time);
        watcher->poll();
        return watcher->coverage();
    }
    double counted() { return before + watcher->counted("x"); }

private:
    std::size_t max_series_;
};

const Labels x = {{"__name__", "x"}, {"job", "j"}, {"instance", "i"}};
const std::string alive = "count by (cluster, job, instance) (x";

}  // namespace

TEST_CASE("narrow questions over random lives give the events that happened", "[slow]") {
    const auto anew = GENERATE(Anew::absent, Anew::zero, Anew::zero_without_uptime);
    // Polls faster than scrapes, and such that several scrapes lie between two of them.
    const auto pace = GENERATE(4.0, 45.0);
    for (const unsigned seed : {1u, 4u, 6u}) {
        std::mt19937 random(seed);
        const auto between = [&](double from, double to) { return std::uniform_real_distribution<>(from, to)(random); };
        const double until = begin + 900;
        std::vector<Target> targets;
        double expected = 0;
        for (int i = 0; i < 4; ++i) {
            targets.push_back(live(random, i, until));
            if (anew != Anew::absent) show_zeros(targets.back(), anew);
            expected += reference(targets.back());
        }
        const bool restarts = seed % 2 == 0;  // what is committed late, while nobody reads, counts for the windows only
        Watch watch;
        watch.server.evaluate(Evaluator(targets, anew, restarts ? 0 : between(0, 1.5)));
        for (double time = begin; time < until + 20;) {
            CHECK(watch.poll(time).cause.code != "query_failed");
            const double luck = between(0, 1);
            if (luck < 0.01 && restarts) watch.begin_anew();
            time += luck < 0.02 ? between(15, 150) : between(0.5, pace);
        }
        watch.poll(until + 200);
        CAPTURE(seed, int(anew), pace);
        CHECK(watch.counted() == expected);
        CHECK(watch.server.asked("last_over_time(x[") > 60);
        CHECK(watch.server.asked("x[") < watch.server.asked("last_over_time(x["));
    }
}

TEST_CASE("a series that stands still is not read") {
    Watch watch;
    double value = 5, time = 10'000;
    const auto samples = [&](double now) { return PageAnswer{200, matrix_json({{x, {{now - 1, value}}}})}; };
    watch.server.answer(alive, vector_json({{x, {{1, 1}}}}));
    watch.server.answer("x[", samples);
    watch.server.answer("x{instance=\"i\"}[", samples);
    watch.server.answer("last_over_time(x[", [&](double) { return PageAnswer{200, vector_json({{x, {{1, value}}}})}; });
    for (int i = 0; i < 20; ++i) watch.poll(time += 3);
    CHECK(watch.server.asked("x[") + watch.server.asked("x{") < 6);  // the history, no more
    CHECK(watch.server.asked("last_over_time(x[") == 19);
    const int asked = watch.server.asked("x{instance=\"i\"}[");
    value = 7;
    watch.poll(time += 3);
    CHECK(watch.counted() == 2);
    CHECK(watch.server.asked("x{instance=\"i\"}[") == asked + 1);
}

TEST_CASE("a family too large to be read whole is watched from now on") {
    Watch watch(3);
    std::vector<TestSeries> all;
    for (int i = 0; i < 4; ++i)
        all.push_back({{{"__name__", "x"}, {"job", "j"}, {"instance", std::to_string(i)}}, {{9'999, 0}}});
    watch.server.answer(alive, vector_json({{x, {{1, 1}}}}));
    watch.server.answer("x[", matrix_json(all));
    CHECK(watch.poll(10'000).cause.code == "partial");
    watch.server.answer("last_over_time(x[", vector_json({{x, {{1, 2}}}}));
    watch.server.answer("x{instance=\"i\"}[",
                        [](double now) { return PageAnswer{200, matrix_json({{x, {{now - 17, 0}, {now - 2, 2}}}})}; });
    const Coverage coverage = watch.poll(10'003);
    CHECK(coverage.sight == Sight::observed);
    CHECK(coverage.possibly_missed);
    CHECK(watch.counted() == 2);
}

TEST_CASE("many targets that moved are asked for a few hundred at a time") {
    Watch watch;
    std::vector<TestSeries> moved;
    for (int i = 0; i < 450; ++i)
        moved.push_back({{{"__name__", "x"}, {"job", "j"}, {"instance", std::to_string(i)}}, {{10'002, 2}}});
    watch.server.answer(alive, vector_json({{x, {{1, 1}}}}));
    watch.poll(10'000);
    watch.server.answer("last_over_time(x[", vector_json(moved));
    watch.poll(10'003);
    CHECK(watch.server.asked("x{instance=~\"") == 3);
}
