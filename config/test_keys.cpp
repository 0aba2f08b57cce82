// The table of a file of rule tests.
#include <fmt/format.h>

#include "config/codecs.hpp"
#include "config/draft.hpp"
#include "config/rule_tests.hpp"
#include "config/wording.hpp"

namespace meshwarden::config {

namespace {

// A list whose entries know their lines.
template <class M>
Codec<std::vector<M>> placed(const Keys<M>& keys) {
    auto codec = list_of_maps(keys, M{});
    codec.read = [read = codec.read](const Value& list, std::vector<M>& target) {
        read(list, target);
        for (std::size_t i = 0; i < target.size(); ++i) {
            target[i].line = list.node.values[i].line;
        }
    };
    return codec;
}

// Remembers whether the key stood there at all.
template <class M>
Codec<std::optional<M>> if_given(const Codec<M>& inner) {
    auto read = [=](const Value& value, std::optional<M>& target) { inner.read(value, target.emplace()); };
    auto documented = [=](const std::optional<M>& given) { return inner.describe(given.value_or(M{})); };
    return {inner.type, read, [](const std::optional<M>&) { return std::string(); },
            inner.describe ? documented : decltype(Codec<std::optional<M>>::describe){}, inner.entries};
}

Codec<Labels> labels() {
    const auto inner = text_map();
    auto read = [=](const Value& value, Labels& target) {
        std::vector<std::pair<std::string, std::string>> pairs;
        inner.read(value, pairs);
        target = Labels(std::move(pairs));
    };
    return {inner.type, read, [](const Labels&) { return "{}"; }, nullptr};
}

std::string steps_text(const std::vector<rehearsal::Step>&) { return ""; }

Codec<std::vector<rehearsal::Step>> steps() {
    auto read = [](const Value& value, std::vector<rehearsal::Step>& target) {
        if (value.node.kind != Node::Kind::scalar) {
            return value.expected("values, such as '0 12+1x4 _ stale'");
        }
        auto parsed = rehearsal::parse_values(value.node.text);
        if (!parsed) {
            return value.complain("unknown value " + parsed.error().message);
        }
        target = std::move(*parsed);
    };
    return {"values as promtool writes them: a+bxn, a-bxn, axn (n more times), _, _xn, stale, NaN, Inf", read,
            steps_text, nullptr};
}

Codec<Labels> series_labels() {
    auto read = [](const Value& value, Labels& target) {
        const auto parsed = rehearsal::parse_series(value.node.text);
        if (!parsed) {
            return value.complain(fmt::format("{} {}", in_quotes(value.node.shown), parsed.error().message));
        }
        target = *parsed;
    };
    return {"NAME{label=\"value\"}", read, [](const Labels&) { return ""; }, nullptr};
}

Keys<rehearsal::ScriptedSeries> series_keys() {
    using S = rehearsal::ScriptedSeries;
    return {
        required(key<S>("series", &S::labels, series_labels(),
                        "One series. Of one without `instance` the target is its pod's, or `test`; `instance=\"\"` has "
                        "none. `up` of each target is 1 unless it is given.")),
        required(key<S>("values", &S::steps, steps(), "Its samples, the first at 0s, then one each interval.")),
    };
}

Codec<std::optional<Severity>> severity() {
    return if_given(choice<Severity>({{"critical", Severity::critical}, {"high", Severity::high},
                                      {"medium", Severity::medium}, {"low", Severity::low}, {"info", Severity::info}}));
}

Keys<ExpectedFinding> finding_keys() {
    using F = ExpectedFinding;
    return {
        required(key<F>("rule", &F::rule, word(), "The rule that fires.")),
        key<F>("value", &F::value, optional_number(0), "The highest value of the episode so far."),
        key<F>("threshold", &F::threshold, optional_number(0), "As evaluated."),
        key<F>("severity", &F::severity, severity(), "How bad."),
        key<F>("labels", &F::labels, labels(), "Labels that it has, among others."),
        key<F>("summary", &F::summary, text(), "The whole sentence."),
    };
}

Keys<ExpectedNotice> notice_keys() {
    using N = ExpectedNotice;
    const auto reasons = choice<NoticeReason>({{"opened", NoticeReason::opened}, {"escalated", NoticeReason::escalated},
                                               {"still_open", NoticeReason::still_open},
                                               {"resolved", NoticeReason::resolved}});
    return {
        required(key<N>("reason", &N::reason, if_given(reasons), "Why it is told.")),
        key<N>("rule", &N::rule, text(100), "The incident's rule; empty: any."),
        key<N>("target", &N::target, text(100), "Whom; empty: any. Without a configuration the only target is `test`."),
        key<N>("labels", &N::labels, labels(), "Labels of the incident, among others."),
    };
}

Keys<ExpectedBlind> blind_keys() {
    using B = ExpectedBlind;
    const std::vector<std::string> causes = {"not_exposed", "not_scraped", "unreachable", "aggregated"};
    std::vector<std::pair<std::string, std::string>> choices;
    for (const auto& cause : causes) {
        choices.emplace_back(cause, cause);
    }
    return {
        required(key<B>("signal", &B::signal, word(), "The signal that cannot be seen.")),
        key<B>("cause", &B::cause, choice<std::string>(choices), "Why not; none: for any reason."),
    };
}

Keys<Expectation> expectation_keys() {
    using E = Expectation;
    const auto longest = std::chrono::hours(24 * 90);
    return {
        required(key<E>("at", &E::at, duration(Duration{0}, longest), "When, from the first scrape on.")),
        key<E>("findings", &E::findings, if_given(placed(finding_keys())),
               "What fires then, exactly; `[]`: nothing does."),
        key<E>("notices", &E::notices, if_given(placed(notice_keys())),
               "What was told since the expectation before that has this key (or the start), exactly."),
        key<E>("blind", &E::blind, if_given(placed(blind_keys())),
               "Signals that cannot be seen then, these at least; `[]`: every signal of the rules can."),
    };
}

Keys<Outage> outage_keys() {
    const auto longest = std::chrono::hours(24 * 90);
    return {
        required(
            key<Outage>("from", &Outage::from, duration(Duration{0}, longest), "Prometheus does not answer from.")),
        required(key<Outage>("to", &Outage::to, duration(Duration{0}, longest), "It answers again.")),
    };
}

Keys<RuleTest> test_keys() {
    using T = RuleTest;
    const Duration second = std::chrono::seconds(1), day = std::chrono::hours(24);
    return {
        required(key<T>("name", &T::name, text(200), "What it shows.")),
        key<T>("interval", &T::interval, if_given(duration(second, day)),
               "From one scrape to the next; none: the file's."),
        key<T>("learning_period", &T::learning_period, if_given(duration(Duration{0}, day * 90)),
               "Of the learned topology; none: the configuration's."),
        key<T>("input_series", &T::series, list_of_maps(series_keys(), rehearsal::ScriptedSeries{}),
               "What is scraped."),
        key<T>("outages", &T::outages, list_of_maps(outage_keys(), Outage{}), "When Prometheus cannot be reached."),
        required(key<T>("expect", &T::expect, placed(expectation_keys()), "What comes of it.")),
    };
}

}  // namespace

const Keys<RuleTestFile>& test_file_keys() {
    using F = RuleTestFile;
    static const Keys<F> keys = {
        key<F>("config", &F::config_file, file_path(),
               "A configuration: its rules, overrides, owners, targets and routes are tested; empty: none."),
        key<F>("rule_files", &F::rule_files, words(file_path()),
               "The rules that are tested, if there is no configuration; none: all shipped ones."),
        key<F>("signal_files", &F::signal_files, words(file_path()), "Signals beside the shipped ones."),
        key<F>("interval", &F::interval, duration(std::chrono::seconds(1), std::chrono::hours(24)),
               "From one scrape to the next; each is looked at once."),
        required(key<F>("tests", &F::tests, placed(test_keys()), "Tests.")),
    };
    return keys;
}

}  // namespace meshwarden::config
