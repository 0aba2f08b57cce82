// Saves the ticks of one Prometheus, and holds on to them while the store fails.
//
// Meanwhile the cursor stays, what still fires comes again with every tick, and what ended is held in memory. Where
// that is too much it is let go: once the store is back, everything since the cursor is read again from Prometheus. A
// failure is one line at its begin and one at its end; one that was long becomes an incident with the first tick that
// is saved, since nothing is told that is not saved. Owned by one thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "app/loop_metrics.hpp"
#include "incidents/store.hpp"
#include "io/clock.hpp"
#include "model/outage.hpp"

namespace meshwarden::app {

using OpenStore = std::function<Result<std::unique_ptr<incidents::Store>>()>;

struct StoreTrouble {
    Time since;
    std::string error;
};

class Keeper {
public:
    static constexpr std::string_view rule = "storage-failing";
    static constexpr Duration told_after = std::chrono::seconds(30);
    static constexpr std::size_t most_held = 1000;

    struct Context {
        const io::Clock& clock;
        LoopMetrics& metrics;
        const incidents::Options& options;
        std::function<void()> told;  // notices wait for the courier
    };

    Keeper(std::string prometheus, OpenStore open, Context context);

    // Whether it is known what was saved last; until then nothing is saved, lest the cursor pass over what nobody read.
    bool remembers() const { return remembers_; }
    // Reads the cursor and the states of detectors, in their order. Whoever polls must begin anew from there: none
    // where the store fails.
    std::optional<std::vector<std::string>> recall(const std::vector<std::string>& detectors);
    const std::optional<Time>& cursor() const { return cursor_; }

    // What operators say of edges and what holds now; while the store fails, what was read last. Null: nothing.
    std::shared_ptr<const Expectations> expectations();

    // False where the tick, or its rest, is not saved.
    bool keep(incidents::Tick tick, std::stop_token stop);
    const std::optional<StoreTrouble>& trouble() const { return trouble_; }

private:
    bool commit(std::vector<incidents::Tick> parts, std::stop_token stop);
    void hold(std::span<incidents::Tick> parts);
    void saved(const incidents::TickOutcome& outcome);
    void begin_trouble(const std::string& error);
    void end_trouble();
    void add_trouble(incidents::Tick& tick) const;

    std::string name_;
    OpenStore open_;
    Context context_;
    std::unique_ptr<incidents::Store> store_;
    std::optional<Time> cursor_;
    bool remembers_ = false;
    bool read_again_ = false;  // more was found than could be held
    std::vector<Finding> held_;
    Expectations said_;  // as read last
    std::optional<StoreTrouble> trouble_;
    Outage outage_;  // the same, for the log
};

}  // namespace meshwarden::app
