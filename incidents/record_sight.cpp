#include <nlohmann/json.hpp>

#include "incidents/fields.hpp"
#include "incidents/record.hpp"

namespace meshwarden::incidents {

using nlohmann::json;

json record_of(const Reading& reading) {
    const auto& coverage = reading.coverage;
    return {{"signal", reading.signal},
            {"kind", int(reading.kind)},
            {"answered", reading.answered},
            {"sight", to_string(coverage.sight)},
            {"value", number(coverage.value)},
            {"covered", coverage.covered},
            {"expected", coverage.expected},
            {"possibly_missed", coverage.possibly_missed},
            {"cause", {coverage.cause.code, coverage.cause.text}},
            {"fix", {coverage.fix.text, coverage.fix.yaml}},
            {"checked_at", to_rfc3339(coverage.checked_at)}};
}

Reading reading_of(const json& record) {
    Reading reading;
    reading.signal = record.at("signal").get<std::string>();
    reading.kind = SignalKind(record.at("kind").get<int>());
    reading.answered = record.at("answered").get<bool>();
    auto& coverage = reading.coverage;
    const auto& sight = record.at("sight").get_ref<const std::string&>();
    coverage.sight = enum_of(sight, {Sight::blind, Sight::zero, Sight::observed});
    coverage.value = number_of(record.at("value"));
    coverage.covered = record.at("covered").get<int>();
    coverage.expected = record.at("expected").get<int>();
    coverage.possibly_missed = record.at("possibly_missed").get<bool>();
    record.at("cause").at(0).get_to(coverage.cause.code);
    record.at("cause").at(1).get_to(coverage.cause.text);
    record.at("fix").at(0).get_to(coverage.fix.text);
    record.at("fix").at(1).get_to(coverage.fix.yaml);
    coverage.checked_at = time_of(record.at("checked_at"));
    return reading;
}

json record_of(const RuleVerdict& verdict) {
    return {{"rule", verdict.rule},
            {"health", to_string(verdict.health)},
            {"judged", verdict.judged},
            {"cause", verdict.cause},
            {"threshold", number(verdict.threshold)},
            {"window", verdict.window.count()}};
}

RuleVerdict verdict_of(const json& record) {
    return {.rule = record.at("rule").get<std::string>(),
            .health = enum_of(record.at("health").get_ref<const std::string&>(),
                              {RuleHealth::blind, RuleHealth::ok, RuleHealth::firing, RuleHealth::off}),
            .judged = record.at("judged").get<bool>(),
            .cause = record.at("cause").get<std::string>(),
            .threshold = number_of(record.at("threshold")),
            .window = Duration(record.at("window").get<std::int64_t>())};
}

}  // namespace meshwarden::incidents
