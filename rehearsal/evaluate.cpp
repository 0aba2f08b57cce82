#include "rehearsal/evaluate.hpp"

#include <algorithm>

#include "rehearsal/operations.hpp"
#include "rehearsal/range_functions.hpp"

namespace meshwarden::rehearsal {
namespace {

constexpr Duration lookback = std::chrono::minutes(5);

struct Evaluation {
    const std::vector<Stored>& series;
    Time at;

    Outcome of(const Expression& expression) const {
        switch (expression.kind) {
            case Expression::Kind::number: return {Outcome::Kind::scalar, expression.number};
            case Expression::Kind::selector: return expression.range ? range(expression) : instant(expression);
            case Expression::Kind::call: return call(expression);
            case Expression::Kind::aggregate: return aggregated(expression, vector(expression.operands[0]), at);
            case Expression::Kind::binary:
                return combined(expression, of(expression.operands[0]), of(expression.operands[1]), at);
        }
        return {};
    }

    Outcome vector(const Expression& expression) const {
        auto outcome = of(expression);
        if (outcome.kind != Outcome::Kind::vector) throw Error{"an instant vector is expected"};
        return outcome;
    }

    // `as_time`: the samples' own times instead of their values.
    Outcome instant(const Expression& selector, bool as_time = false) const {
        Outcome outcome;
        const Time time = at - selector.offset;
        for (const auto& one_series : series) {
            if (!all_match(selector.matchers, one_series.labels)) continue;
            const auto after = std::ranges::upper_bound(one_series.samples, time, {}, &TimedValue::at);
            if (after == one_series.samples.begin()) continue;
            const auto& sample = *std::prev(after);
            if (sample.stale || sample.at <= time - lookback) continue;
            outcome.series.push_back({one_series.labels, {{at, as_time ? to_epoch_seconds(sample.at) : sample.value}}});
        }
        return outcome;
    }

    Outcome range(const Expression& selector) const {
        Outcome outcome{Outcome::Kind::matrix};
        const Time to = at - selector.offset, from = to - *selector.range;
        for (const auto& one_series : series) {
            if (!all_match(selector.matchers, one_series.labels)) continue;
            Stored found{one_series.labels, {}};
            for (const auto& sample : one_series.samples)
                if (!sample.stale && sample.at >= from && sample.at <= to) found.samples.push_back(sample);
            if (!found.samples.empty()) outcome.series.push_back(std::move(found));
        }
        return outcome;
    }

    Outcome call(const Expression& expression) const {
        const auto& name = expression.name;
        if (name == "time" && expression.operands.empty()) return {Outcome::Kind::scalar, to_epoch_seconds(at)};
        if (expression.operands.size() != 1) throw Error{"function " + name + " is not known with these arguments"};
        const auto& argument = expression.operands[0];
        if (name == "timestamp" && argument.kind == Expression::Kind::selector && !argument.range)
            return without_names(instant(argument, true));
        const auto* function = range_function(name);
        if (function == nullptr) throw Error{"function " + name + " is not known"};
        if (argument.kind != Expression::Kind::selector || !argument.range)
            throw Error{name + " takes one range of a selector"};
        Outcome outcome;
        const Time to = at - argument.offset;
        for (auto& [labels, samples] : range(argument).series)
            if (const auto value = function->value(samples, to - *argument.range, to))
                outcome.series.push_back({std::move(labels), {{at, *value}}});
        return function->keeps_name ? outcome : without_names(std::move(outcome));
    }

    static Outcome without_names(Outcome outcome) {
        for (auto& one_series : outcome.series) one_series.labels.set("__name__", "");
        return outcome;
    }
};

}  // namespace

Result<Outcome> evaluate(const Expression& expression, const std::vector<Stored>& series, Time at) {
    try {
        return Evaluation{series, at}.of(expression);
    } catch (const Error& error) {
        return std::unexpected(error);
    }
}

}  // namespace meshwarden::rehearsal
