// The value of one rule and group as a function of time, fed with what the collector saw.
#pragma once

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

    // Times in (from, to] at which the value may change, unsorted; `to` itself need not be among them.
    virtual std::vector<Time> changes(Time from, Time to) const = 0;
    virtual Measure at(Time time) const = 0;

    // Sample time of the first event that counts at `time`.
    virtual Time first_event(Time time) const = 0;

    // Forgets what no longer matters at or after `time`; true when nothing is left.
    virtual bool prune(Time time) = 0;
};

// Sum of increments over (t - window, t]; with `ratio` the sum over that of the base.
class WindowMeter final : public Meter {
public:
    WindowMeter(Duration window, bool ratio, std::optional<ShareLimit> share);

    void add(const SeriesUpdate& update) override;
    void subtract(Time at, double increment);  // an event that is explained elsewhere
    std::vector<Time> changes(Time from, Time to) const override;
    Measure at(Time time) const override;
    Time first_event(Time time) const override;
    bool prune(Time time) override;

private:
    struct Mark {
        Time at;
        double increment;
        double base;
    };
    void insert(Mark mark);
    std::pair<std::size_t, std::size_t> range(Time time) const;

    Duration window_;
    bool ratio_;
    std::optional<ShareLimit> share_;
    std::vector<Mark> marks_;  // by time
};

// Sum of the series' last levels; with `over` the share that is lost against the highest sum of that time.
class LevelMeter final : public Meter {
public:
    explicit LevelMeter(std::optional<Duration> drop_over);

    void add(const SeriesUpdate& update) override;
    std::vector<Time> changes(Time from, Time to) const override;
    Measure at(Time time) const override;
    Time first_event(Time time) const override;
    bool prune(Time time) override;

private:
    double level(Time time) const;

    struct Track {
        Labels metric;
        std::vector<std::pair<Time, double>> levels;
    };
    std::optional<Duration> drop_over_;
    std::vector<Track> tracks_;
};

// Seconds for which a counter has risen without the one that ought to follow, on the worst series.
class StallMeter final : public Meter {
public:
    explicit StallMeter(double threshold) : threshold_(threshold) {}

    void add(const SeriesUpdate& update) override;
    std::vector<Time> changes(Time from, Time to) const override;
    Measure at(Time time) const override;
    Time first_event(Time time) const override;
    bool prune(Time time) override;

private:
    struct Stall {
        Time from;
        std::optional<Time> to;
    };
    struct Track {
        Labels metric;
        std::vector<Stall> stalls;
    };
    double threshold_;
    std::vector<Track> tracks_;
};

std::unique_ptr<Meter> make_meter(SignalKind kind, Duration drop_over, const RuleSpec& rule, Duration window);

}  // namespace meshwarden::rules
