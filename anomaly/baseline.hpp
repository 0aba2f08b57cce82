// What the mesh has been like so far, edge by edge, and what is odd about the newest interval. Streaming: one call per
// interval, cost by its rows; clockless; the same state and rows give the same candidates and next state.
// Memory is bounded by `max_edges`. Not synchronised: one owner, one thread.
#pragma once

#include <array>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "anomaly/calibration.hpp"
#include "anomaly/edge_table.hpp"
#include "anomaly/graph.hpp"
#include "anomaly/open_network.hpp"
#include "anomaly/row.hpp"
#include "anomaly/silence.hpp"
#include "anomaly/week.hpp"
#include "model/error.hpp"

namespace meshwarden::anomaly {

struct BaselineOptions {
    double interval_seconds = 300;
    std::size_t max_edges = 1'000'000;
    bool may_be_open = true;  // false: known to be a mesh, never judged as an open network
    unsigned without = 0;  // ablation: bits of Idea
};

// What may be left out, to measure what it brings.
enum Idea : unsigned {
    season = 1,
    upstream_load = 2,
    own_history = 8,
    fans = 16,
    chains = 32,
    hour_window = 64,
    guarded_learning = 128,
    anchors = 4
};

class Baseline {
public:
    static constexpr std::uint64_t fewest_intervals = 12;  // before the learning may end

    explicit Baseline(BaselineOptions options);

    // Intervals rise strictly; one that is left out was not seen by anybody, and its events may come with the next.
    // `scores`: empty, or one place per row for its oddness (larger = odder).
    void inspect(Interval at, std::span<const Row> rows, std::vector<Candidate>& out, std::span<float> scores = {});

    bool learning() const;  // nothing is told
    // While it learns: how it would be judged now. A network is open where fewer than two thirds of the known sources
    // talk in an average interval; in a mesh almost all do. Settled for good when the learning ends.
    bool open_network() const { return open_network_; }
    std::uint64_t intervals() const { return seen_intervals_; }  // that were inspected
    const EdgeTable& edges() const { return edges_; }
    const Graph& graph() const { return graph_; }
    std::size_t bytes() const;

    // All that was learned: versioned, with a checksum. A loaded one goes on as the saved one would have, bit for bit.
    std::string save() const;
    // Fails, and leaves the baseline as it was made, where the bytes are damaged, of another version, or learned with
    // other options.
    Result<void> load(std::string_view bytes);

private:
    // Tests have a calibration each; a kind is what a person is told.
    enum Test {
        novelty,
        jump,
        sustained,
        drifting,
        spreading,
        gathering,
        regular,
        chain,
        silent,
        changed_identity,
        open_host,
        tests
    };
    struct Seen {
        std::uint32_t slot = 0;
        std::int32_t gap = 0;   // intervals since it was last seen
        Forecast expected;
        float surprise = 0;     // of a fresh edge, nats
        float odd = -50;        // the highest of its tests: -ln of alerts a day
        bool fresh = false;
    };
    struct Open {
        double nats = 0;      // the oddest of its day
        double told = -1;
        double recorded = -1;
        Interval since = 0;
        static void keep(auto& self, auto& archive) { archive(self.nats, self.told, self.recorded, self.since); }
    };
    static void keep(auto& self, auto& archive);
    void read(ArchiveReader& archive);

    void advance(Interval at, std::size_t rows, double events);
    double exposure_of(Interval at, double events);
    void close_hour();
    void settle_learning();
    void inspect_mesh(std::span<const Row> rows, std::vector<Candidate>& out);
    void inspect_open(std::span<const Row> rows, std::vector<Candidate>& out, bool scored);
    EdgeTable::Place place(const Row& row);
    void touch_all(std::span<const Row> rows);
    void touch(const Row& row, Seen& seen);
    void touch_sides(const Row& row, const Seen& seen);
    void wake(Side& side) const;
    void judge_volume(const Row& row, Seen& seen, std::vector<Candidate>& out);
    double judge_jump(const Row& row, Seen& seen, double mean, std::vector<Candidate>& out);
    double judge_hour(const Row& row, Seen& seen, double load, double jump_nats, std::vector<Candidate>* out);
    double for_this_edge(const EdgeState& edge, double nats) const;
    Trust trust_in(EdgeState& edge, double nats) const;
    void pass_day(const Row& row, EdgeState& edge, Seen& seen, std::vector<Candidate>& out);
    bool quiet_hour(const EdgeState& edge) const;
    Kind kind_of_excess(const EdgeState& edge, double jump_nats) const;
    double load_of(const Row& row, const Forecast& expected) const;
    void judge_novelty(const Row& row, Seen& seen, std::vector<Candidate>& out);
    void judge_chain(const Row& row, Seen& seen, std::vector<Candidate>& out);
    void judge_regularity(const Row& row, Seen& seen, std::vector<Candidate>& out);
    void judge_identity(const Row& row, Seen& seen, std::vector<Candidate>& out);
    void judge_sides(std::span<const Row> rows, std::vector<Candidate>& out);
    double judge_side(Side& side, Test test, NodeId source, NodeId destination, std::vector<Candidate>& out);
    void judge_silence(std::vector<Candidate>& out);
    void raise(Test test, Candidate found, Seen* seen, std::vector<Candidate>* out);
    bool uses(Idea idea) const { return !(options_.without & idea); }
    QuietDays quiet_days() const { return week_.quiet(); }

    BaselineOptions options_;
    Pace pace_;
    EdgeTable edges_;
    Graph graph_;
    Week week_;
    Silence silence_;
    OpenNetwork hosts_;
    std::array<Calibration, tests> calibrations_;
    std::array<double, tests> made_{};  // tests since the last pass
    std::map<std::uint64_t, Open> open_;  // this day's candidates, by test and subject
    std::vector<Seen> seen_;
    Moment now_;
    Interval index_ = 0, first_index_ = 0;  // as given
    Interval last_ = -1;                // watched time: intervals that were seen or came with a later one
    Interval half_at_ = 0;              // learning: where the second half of the time began
    std::size_t edges_at_half_ = 0;
    double usual_events_ = 0;           // an interval, last hour
    std::uint64_t seen_intervals_ = 0;
    double new_rate_ = 0;               // a day and workload, fading
    bool learning_ = true;
    bool open_network_ = false;
    double first_day_nats_ = 0;         // of an open network: exceeded by a few edges on its first day
};

}  // namespace meshwarden::anomaly
