// The value of one rule and group as a function of time, fed with what the collector saw.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "model/rule.hpp"
#include "model/snapshot.hpp"

namespace meshwarden::rules {

struct Measure {
    double value = 0;
    bool share_exceeded = false;  // RuleSpec::share
};

// Owned by one detector, not synchronised.
class Meter {
public:
    virtual ~Meter() = default;

    virtual void add(const SeriesUpdate& update) = 0;
    // How many targets Prometheus lists.
    virtual void list(const Snapshot&) {}
    // Called after a full answer: what shows no samples any more may be believed to be gone.
    virtual void answered(const Snapshot&) {}

    // Times in (from, to] at which the value may change, unsorted; `to` itself need not be among them.
    virtual std::vector<Time> changes(Time from, Time to) = 0;
    virtual Measure at(Time time) = 0;

    // Sample time of the first event that counts at `time`.
    virtual Time first_event(Time time) = 0;

    // Forgets what no longer matters at or after `time`; true when nothing is left.
    virtual bool prune(Time time) = 0;

    // What no history tells once it is over: series that stall, since when; and of an earlier process, until `to`.
    virtual std::map<Labels, Time> waits() const { return {}; }
    virtual void resume(const std::map<Labels, Time>& /*waits*/, Time /*to*/) {}
};

// Events at one moment that are told elsewhere as well.
struct Explained {
    Time at;
    double increment = 0;
};

// Sum of increments over (t - window, t]; with `ratio` the sum over that of the base.
class WindowMeter final : public Meter {
public:
    WindowMeter(Duration window, bool ratio, std::optional<ShareLimit> share);

    void add(const SeriesUpdate& update) override;
    // Takes each of these, in the order of time, off the oldest increments at most a window away, so that it does not
    // matter what comes together; an increment's time is that from the sample before to its own, which is long where
    // scrapes failed. Leaves in `events` what found none. Of TCP connections (label reason) nobody else tells.
    void explain(std::vector<Explained>& events);
    std::vector<Time> changes(Time from, Time to) override;
    Measure at(Time time) override;
    Time first_event(Time time) override;
    bool prune(Time time) override;

private:
    struct Mark {
        Time since;
        Time at;
        double increment;
        double base;
        bool explainable;
    };
    struct Sum {
        double increment = 0;
        double base = 0;
    };
    void tidy();  // marks come in any order; what they add up to is found once, however often it is asked for
    std::pair<std::size_t, std::size_t> range(Time time);

    Duration window_;
    bool ratio_;
    std::optional<ShareLimit> share_;
    std::vector<Mark> marks_;  // by time while tidy
    std::vector<Sum> before_;  // of each mark and of the end: the sum of all marks before it
    bool tidy_ = false;
};

// Sum of the series' last levels; with `over` the share that is lost of the highest sum that held for a while in that
// time. Levels of failing targets may be somewhere else by now: they count for what is there, not for what was. What
// left Prometheus' list of targets since was taken away, not lost.
class LevelMeter final : public Meter {
public:
    explicit LevelMeter(std::optional<Duration> drop_over);

    void add(const SeriesUpdate& update) override;
    void list(const Snapshot& snapshot) override;
    std::vector<Time> changes(Time from, Time to) override;
    Measure at(Time time) override;
    Time first_event(Time time) override;
    bool prune(Time time) override;

private:
    struct Level {
        Time at;
        double value = 0;
        bool held = false;
    };
    using Levels = std::vector<Level>;

    static void append(Levels& levels, Level level);
    static const Level* last(const Levels& levels, Time time);
    double level(Time time, bool with_held = true) const;
    std::pair<double, Time> highest(Time time);
    double listed(Time time) const;

    std::optional<Duration> drop_over_;
    std::map<Labels, Levels> tracks_;  // by metric
    Levels targets_;
    Duration plateau_{0};
};

// Seconds for which a counter has risen without the one that ought to follow, on the worst series. A series that went
// although its target does not fail waits for nothing: its process is gone.
class StallMeter final : public Meter {
public:
    explicit StallMeter(double threshold) : threshold_(threshold) {}

    void add(const SeriesUpdate& update) override;
    void answered(const Snapshot& snapshot) override;
    std::vector<Time> changes(Time from, Time to) override;
    Measure at(Time time) override;
    Time first_event(Time time) override;
    bool prune(Time time) override;
    std::map<Labels, Time> waits() const override;
    void resume(const std::map<Labels, Time>& waits, Time to) override;

private:
    struct Stall {
        Time from;
        std::optional<Time> to;
    };
    struct Track {
        std::vector<Stall> stalls;
        Time last;  // sample
        Duration pause{0};  // before it: a job's interval may be longer than most
    };
    double threshold_;
    std::map<Labels, Track> tracks_;  // by metric
};

std::unique_ptr<Meter> make_meter(SignalKind kind, Duration drop_over, const RuleSpec& rule, Duration window);

}  // namespace meshwarden::rules
