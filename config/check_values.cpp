#include <algorithm>

#include <fmt/format.h>

#include "config/references.hpp"
#include "config/wording.hpp"

namespace meshwarden::config {

namespace {

constexpr auto own_rule = "storage-failing";  // of no rule file: our own trouble

template <class E>
std::vector<std::string> words_of(std::initializer_list<E> values) {
    std::vector<std::string> words;
    std::ranges::transform(values, std::back_inserter(words), [](E value) { return std::string(to_string(value)); });
    return words;
}

// None: any value may come.
std::vector<std::string> values_of(const std::string& label, const Config& config) {
    if (label == "severity") {
        using enum Severity;
        return words_of({critical, high, medium, low, info});
    }
    if (label == "kind") {
        using enum IncidentKind;
        return words_of({threshold, anomaly, coverage, policy});
    }
    if (label != "rule" && label != "alertname") {
        return {};
    }
    auto rules = names_of(config.rules);
    rules.emplace_back(own_rule);
    return rules;
}

// As it is written: what stands behind the operator.
std::string_view value_in(std::string_view matcher) {
    constexpr std::string_view around = " =!~\"";
    matcher.remove_prefix(std::min(matcher.find_first_of("=!"), matcher.size()));
    matcher.remove_prefix(std::min(matcher.find_first_not_of(around), matcher.size()));
    return matcher.substr(0, matcher.find_last_not_of(around) + 1);
}

}  // namespace

void check_values(const std::vector<std::string>& match, const Config& config, const std::string& path,
                  Reader& reader) {
    for (std::size_t i = 0; i < match.size(); ++i) {
        const auto matcher = Matcher::parse(match[i]);
        const auto values = matcher ? values_of(matcher->name(), config) : std::vector<std::string>();
        const auto fits = [&](const std::string& value) { return matcher->matches(Labels{{matcher->name(), value}}); };
        if (!values.empty() && std::ranges::none_of(values, fits)) {
            const auto what = matcher->name() == "alertname" ? "rule" : matcher->name();
            const auto given = value_in(match[i]);
            reader.complain(fmt::format("{}.match[{}]", path, i),
                            fmt::format("no incident has the {} {}: {}", what, in_quotes(given),
                                        unknown(what, given, values)));
        }
    }
}

}  // namespace meshwarden::config
