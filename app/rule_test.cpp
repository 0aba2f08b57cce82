#include "app/rule_test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "app/rule_stage.hpp"
#include "model/summary.hpp"

namespace meshwarden::app {
namespace {

bool carries(const Labels& labels, const Labels& expected) {
    return std::ranges::all_of(expected, [&](const auto& label) { return labels.get(label.first) == label.second; });
}

bool equal(std::optional<double> expected, double came) {
    return !expected || std::abs(*expected - came) <= 1e-9 * std::max(1.0, std::abs(came));
}

bool matches(const config::ExpectedFinding& expected, const Finding& came) {
    return expected.rule == came.rule && equal(expected.value, came.value) &&
           equal(expected.threshold, came.threshold) && expected.severity.value_or(came.severity) == came.severity &&
           carries(came.labels, expected.labels) && (expected.summary.empty() || expected.summary == came.summary);
}

bool matches(const config::ExpectedNotice& expected, const Notice& came) {
    return expected.reason == came.reason && (expected.rule.empty() || expected.rule == came.incident.rule) &&
           (expected.target.empty() || expected.target == came.target) &&
           carries(came.incident.labels, expected.labels);
}

std::string with_labels(std::string text, const Labels& labels) {
    return labels.empty() ? text : text + " " + to_string(labels);
}

std::string text_of(const config::ExpectedFinding& finding) {
    auto text = finding.rule;
    if (finding.value) text += " value " + pretty_number(*finding.value);
    if (finding.threshold) text += " threshold " + pretty_number(*finding.threshold);
    if (finding.severity) text += fmt::format(" severity {}", to_string(*finding.severity));
    if (!finding.summary.empty()) text += fmt::format(" \"{}\"", finding.summary);
    return with_labels(text, finding.labels);
}

std::string text_of(const Finding& finding) {
    return with_labels(
        fmt::format("{} value {} threshold {} severity {} \"{}\"", finding.rule, pretty_number(finding.value),
                    pretty_number(finding.threshold), to_string(finding.severity), finding.summary),
        finding.labels);
}

std::string text_of(const config::ExpectedNotice& notice) {
    std::string text(to_string(*notice.reason));
    if (!notice.rule.empty()) text += " of " + notice.rule;
    if (!notice.target.empty()) text += " to " + notice.target;
    return with_labels(text, notice.labels);
}

std::string text_of(const Notice& notice) {
    return with_labels(fmt::format("{} of {} to {}", to_string(notice.reason), notice.incident.rule, notice.target),
                       notice.incident.labels);
}

std::string text_of(const config::ExpectedBlind& blind) {
    return blind.cause.empty() ? blind.signal + " blind" : fmt::format("{} blind: {}", blind.signal, blind.cause);
}

std::string text_of(const Reading& reading) {
    const auto& coverage = reading.coverage;
    if (coverage.sight != Sight::blind) return reading.signal + " " + std::string(to_string(coverage.sight));
    return fmt::format("{} blind: {} ({})", reading.signal, coverage.cause.code, coverage.cause.text);
}

template <class T>
std::string listed(const std::vector<T>& items, const std::string& none) {
    std::vector<std::string> texts;
    for (const auto& item : items) texts.push_back(text_of(item));
    return texts.empty() ? none : fmt::format("{}", fmt::join(texts, "; "));
}

// Each expected one has a partner of its own and nothing is left over.
template <class Expected, class Came>
bool same(const std::vector<Expected>& expected, const std::vector<Came>& came) {
    std::vector<const Came*> left;
    for (const auto& item : came) left.push_back(&item);
    for (const auto& item : expected) {
        const auto partner = std::ranges::find_if(left, [&](const Came* one) { return matches(item, *one); });
        if (partner == left.end()) return false;
        left.erase(partner);
    }
    return left.empty();
}

void compare_blind(const config::Expectation& expectation, const std::vector<Reading>& readings,
                   std::vector<Mismatch>& out) {
    const auto is_blind = [](const Reading& reading) { return reading.coverage.sight == Sight::blind; };
    if (expectation.blind->empty() && std::ranges::any_of(readings, is_blind)) {
        auto blind = readings;
        std::erase_if(blind, [&](const Reading& reading) { return !is_blind(reading); });
        out.push_back({expectation.line, expectation.at, "no signal blind", listed(blind, "")});
    }
    for (const auto& expected : *expectation.blind) {
        const auto reading = std::ranges::find(readings, expected.signal, &Reading::signal);
        const bool read = reading != readings.end();
        const bool any_cause = expected.cause.empty();
        if (read && is_blind(*reading) && (any_cause || expected.cause == reading->coverage.cause.code)) continue;
        out.push_back({expected.line, expectation.at, text_of(expected),
                       read ? text_of(*reading) : expected.signal + ", which no rule of this test looks at"});
    }
}

void compare(const config::Expectation& expectation, RuleStage& stage, std::vector<Mismatch>& out) {
    if (expectation.findings && !same(*expectation.findings, stage.firing())) {
        out.push_back({expectation.line, expectation.at, "firing: " + listed(*expectation.findings, "nothing"),
                       "firing: " + listed(stage.firing(), "nothing")});
    }
    if (expectation.notices) {
        const auto came = stage.take_notices();
        if (!same(*expectation.notices, came)) {
            out.push_back({expectation.line, expectation.at, "told: " + listed(*expectation.notices, "nothing"),
                           "told: " + listed(came, "nothing")});
        }
    }
    if (expectation.blind) compare_blind(expectation, stage.readings(), out);
}

}  // namespace

std::vector<Mismatch> play(const config::Config& config, const config::RuleTest& test, Duration interval) {
    auto expectations = test.expect;
    std::ranges::sort(expectations, {}, [](const config::Expectation& one) { return std::pair(one.at, one.line); });
    const Duration end = expectations.back().at;
    std::set<Duration> times;
    for (Duration at{0}; at <= end; at += interval) times.insert(at);
    for (const auto& expectation : expectations) times.insert(expectation.at);

    std::vector<Mismatch> mismatches;
    RuleStage stage(config, test, {test_start, interval, test_start + end});
    auto next = expectations.begin();
    for (const Duration at : times) {
        if (auto ticked = stage.tick(test_start + at); !ticked) {
            mismatches.push_back({test.line, at, "a tick that can be settled", ticked.error().message});
            break;
        }
        for (; next != expectations.end() && next->at == at; ++next) compare(*next, stage, mismatches);
    }
    for (const auto& [query, reason] : stage.not_understood()) {
        mismatches.push_back(
            {test.line, end, "questions that a rule test can answer", fmt::format("{}: {}", query, reason)});
    }
    return mismatches;
}

}  // namespace meshwarden::app
