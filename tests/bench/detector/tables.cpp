#include "tests/bench/detector/tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <iterator>

#include "anomaly/baseline.hpp"
#include "tests/bench/detector/judge.hpp"
#include "tests/bench/detector/mesh.hpp"
#include "tests/bench/detector/midas.hpp"
#include "tests/bench/detector/ours.hpp"
#include "tests/bench/detector/plot.hpp"

namespace meshwarden::bench {
namespace {

constexpr double budgets[] = {1, 5, 20};
constexpr double axis[] = {0.2, 0.5, 1, 2, 5, 10, 20, 50};

using Scorer = std::function<std::vector<float>(const Stream&)>;
struct Method {
    std::string name;
    Scorer score;
};

std::vector<Method> baselines() {
    if (std::getenv("DETECTOR_ALONE")) return {};
    std::vector<Method> methods{{"busiest this minute", score_busiest}, {"new edge", score_new_edges}};
    for (const auto& settings : midas_grid())
        methods.push_back(
            {settings.name(), [settings](const Stream& stream) { return score_midas(stream, settings); }});
    return methods;
}

std::string family_of(const std::string& name) { return name.substr(0, name.find(" (")); }

// Of every published method only the best setting of the grid is kept.
template <class Result>
void keep_best(std::vector<std::pair<std::string, Result>>& best, const std::string& name, const Result& result,
               double Result::* by) {
    const auto same =
        std::ranges::find_if(best, [&](const auto& one) { return family_of(one.first) == family_of(name); });
    if (same == best.end()) best.emplace_back(name, result);
    else if (result.*by > same->second.*by) *same = {name, result};
}

struct MeshResult {
    double recall[3] = {}, delay[3] = {}, delay_p90[3] = {};
    double auc = 0, ap = 0, at_five = 0;
    std::map<std::string, double> families;  // at the highest budget
    std::vector<double> curve = std::vector<double>(std::size(axis));
};

void add(MeshResult& sum, const Judge& judge, const std::vector<Alert>& alerts, const std::vector<float>& scores,
         double share, bool whole) {
    for (std::size_t i = 0; i < std::size(budgets); ++i) {
        const auto recall = judge.at_budget(alerts, budgets[i]);
        sum.recall[i] += share * recall.macro;
        sum.delay[i] += share * recall.delay_median;
        sum.delay_p90[i] += share * recall.delay_p90;
        if (i == 2) for (const auto& [family, value] : recall.families) sum.families[family] += share * value;
    }
    sum.at_five = sum.recall[1];
    if (!whole) return;
    const auto [auc, ap] = judge.auc_ap(scores, false);
    sum.auc += share * auc;
    sum.ap += share * ap;
    for (std::size_t i = 0; i < std::size(axis); ++i) sum.curve[i] += share * judge.at_budget(alerts, axis[i]).macro;
}

std::string as_ordered(const std::vector<Stream>& meshes, const std::vector<Run>& runs) {
    std::string text =
        "As the operator gets it, the threshold set by the detector's own history (`--budget`):\n\n| budget a day | "
        "false alerts a day, by seed | recall, mean | hindsight at the same budget |\n|---|---|---|---|\n";
    for (const double budget : budgets) {
        std::string falses;
        double recall = 0, hindsight = 0;
        for (std::size_t i = 0; i < meshes.size(); ++i) {
            const Judge judge(meshes[i]);
            const auto got = judge.at_threshold(runs[i].alerts, -std::log(budget));
            falses += fmt::format("{}{:.1f}", i ? ", " : "", got.false_a_day);
            recall += got.macro / double(meshes.size());
            hindsight += judge.at_budget(runs[i].alerts, budget).macro / double(meshes.size());
        }
        text += fmt::format("| {:.0f} | {} | {:.2f} | {:.2f} |\n", budget, falses, recall, hindsight);
    }
    return text;
}

std::string families_table(const std::vector<std::pair<std::string, MeshResult>>& results) {
    std::string text = "Recall at 20 false alerts a day by family:\n\n| method |", rule = "|---|";
    for (const auto& [family, unused] : results.front().second.families) text += " " + family + " |", rule += "---|";
    text += "\n" + rule + "\n";
    for (const auto& [name, result] : results) {
        text += "| " + name + " |";
        for (const auto& [family, value] : result.families) text += fmt::format(" {:.2f} |", value);
        text += "\n";
    }
    return text;
}

}  // namespace

std::string mesh_tables(const std::vector<Stream>& meshes, const std::string& plot_file) {
    const double share = 1.0 / double(meshes.size());
    std::vector<std::pair<std::string, MeshResult>> results;
    std::vector<Run> runs;
    std::string seeds = "Ours by seed, recall @1 / @5 / @20:";
    MeshResult ours, ours_by_rows;
    for (const auto& mesh : meshes) {
        runs.push_back(run_ours(mesh));
        const Judge judge(mesh);
        add(ours, judge, runs.back().alerts, runs.back().scores, share, true);
        add(ours_by_rows, judge, judge.alerts_of(runs.back().scores), runs.back().scores, share, true);
        seeds +=
            fmt::format(" {:.2f} / {:.2f} / {:.2f};", judge.at_budget(runs.back().alerts, 1).macro,
                        judge.at_budget(runs.back().alerts, 5).macro, judge.at_budget(runs.back().alerts, 20).macro);
    }
    results.emplace_back("**ours**", ours);
    results.emplace_back("**ours**, by its row scores alone", ours_by_rows);
    std::vector<std::pair<std::string, MeshResult>> best;
    for (const auto& method : baselines()) {
        MeshResult result;
        for (const auto& mesh : meshes) {
            const Judge judge(mesh);
            const auto scores = method.score(mesh);
            add(result, judge, judge.alerts_of(scores), scores, share, true);
        }
        keep_best(best, method.name, result, &MeshResult::at_five);
    }
    results.insert(results.end(), best.begin(), best.end());
    std::string text = fmt::format(
        "Macro recall of attack instances over the families, mean of {} seeds, threshold in hindsight for "
        "everyone.\n\n| method | @1 a day | @5 | @20 | delay @5, median / p90, min | row AP | row AUC "
        "|\n|---|---|---|---|---|---|---|\n",
        meshes.size());
    std::vector<Line> lines;
    for (const auto& [name, r] : results) {
        text += fmt::format("| {} | {:.2f} | {:.2f} | {:.2f} | {:.0f} / {:.0f} | {:.3f} | {:.3f} |\n", name,
                            r.recall[0], r.recall[1], r.recall[2], r.delay[1], r.delay_p90[1], r.ap, r.auc);
        lines.push_back({name, {}});
        for (std::size_t i = 0; i < std::size(axis); ++i) lines.back().points.emplace_back(axis[i], r.curve[i]);
    }
    write_plot(plot_file, "Synthetic meshes: recall of attacks", "false alerts a day", "macro recall", lines);
    return text + "\n" + seeds + "\n\n" + families_table(results) + "\n" + as_ordered(meshes, runs);
}

std::string ablation_table(const std::vector<Stream>& meshes) {
    using namespace anomaly;
    const std::pair<const char*, unsigned> ideas[] = {{"everything", 0},
                                                      {"without seasons", season},
                                                      {"without upstream load", upstream_load},
                                                      {"without own history (calibration, habits)", own_history},
                                                      {"without fans", fans},
                                                      {"without chains", chains},
                                                      {"without the hour's window", hour_window},
                                                      {"without guarded learning", guarded_learning},
                                                      {"without anchors", anchors}};
    std::string text = "| | @1 a day | @5 | @20 |\n|---|---|---|---|\n";
    for (const auto& [name, without] : ideas) {
        MeshResult result;
        for (const auto& mesh : meshes)
            add(result, Judge(mesh), run_ours(mesh, without).alerts, {}, 1.0 / double(meshes.size()), false);
        text += fmt::format("| {} | {:.2f} | {:.2f} | {:.2f} |\n", name, result.recall[0], result.recall[1],
                            result.recall[2]);
    }
    return text;
}

namespace {

struct LabelResult {
    double event_auc = 0, event_ap = 0, row_auc = 0, row_ap = 0, recall[3] = {};
};

LabelResult judge_labels(const Stream& stream, const std::vector<float>& scores) {
    const Judge judge(stream);
    LabelResult r;
    std::tie(r.event_auc, r.event_ap) = judge.auc_ap(scores, true);
    std::tie(r.row_auc, r.row_ap) = judge.auc_ap(scores, false);
    const auto alerts = judge.alerts_of(scores);
    for (int i = 0; i < 3; ++i) r.recall[i] = judge.at_budget(alerts, std::pow(10, i)).all;
    return r;
}

}  // namespace

std::string label_table(const Stream& stream) {
    std::vector<std::pair<std::string, LabelResult>> results;
    for (const auto& method : baselines())
        keep_best(results, method.name, judge_labels(stream, method.score(stream)), &LabelResult::event_ap);
    const auto run = run_ours(stream);
    auto by_findings = judge_labels(stream, run.scores);
    results.insert(results.begin(), {"**ours**", by_findings});
    for (int i = 0; i < 3; ++i) by_findings.recall[i] = Judge(stream).at_budget(run.alerts, std::pow(10, i)).all;
    results.insert(results.begin() + 1, {"**ours**, recall by its findings", by_findings});
    std::string text = fmt::format(
        "{} rows, {} attack instances. Best of the grid by event AP.\n\n| method | event AUC | event AP | row AUC | "
        "row AP | recall @1 a day | @10 | @100 |\n|---|---|---|---|---|---|---|---|\n",
        stream.rows.size(), stream.attacks.size());
    for (const auto& [name, r] : results)
        text += fmt::format("| {} | {:.3f} | {:.3f} | {:.3f} | {:.3f} | {:.3f} | {:.3f} | {:.3f} |\n", name,
                            r.event_auc, r.event_ap, r.row_auc, r.row_ap, r.recall[0], r.recall[1], r.recall[2]);
    return text;
}

std::string injection_table(const Stream& quiet, int times) {
    struct Sum { double auc = 0, ap = 0, recall = 0; std::map<std::string, double> families; };
    std::vector<std::pair<std::string, Sum>> results;
    auto methods = baselines();
    methods.insert(methods.begin(), {"**ours**", [](const Stream& stream) { return run_ours(stream).scores; }});
    std::vector<Stream> streams;
    for (int seed = 1; seed <= times; ++seed) streams.push_back(inject_attacks(quiet, std::uint64_t(seed)));
    for (const auto& method : methods) {
        Sum sum;
        for (const auto& stream : streams) {
            const Judge judge(stream);
            const auto scores = method.score(stream);
            const auto [auc, ap] = judge.auc_ap(scores, false);
            const auto two = judge.at_budget(judge.alerts_of(scores), 2 / stream.judged_days());
            sum.auc += auc / times;
            sum.ap += ap / times;
            sum.recall += two.macro / times;
            for (const auto& [family, value] : two.families) sum.families[family] += value / times;
        }
        keep_best(results, method.name, sum, &Sum::ap);
    }
    std::string text = fmt::format(
                    "{} repetitions. Best of the grid by AP.\n\n| method | AUC | AP | recall at two false cells |",
                    times),
                rule = "|---|---|---|---|";
    for (const auto& [family, unused] : results.front().second.families) text += " " + family + " |", rule += "---|";
    text += "\n" + rule + "\n";
    for (const auto& [name, sum] : results) {
        text += fmt::format("| {} | {:.3f} | {:.3f} | {:.3f} |", name, sum.auc, sum.ap, sum.recall);
        for (const auto& [family, value] : sum.families) text += fmt::format(" {:.2f} |", value);
        text += "\n";
    }
    return text;
}

}  // namespace meshwarden::bench
