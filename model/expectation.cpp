#include "model/expectation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace meshwarden {
namespace {

constexpr std::array edge_labels{"cluster",
                                 "source_namespace",
                                 "source_workload",
                                 "source_principal",
                                 "destination_namespace",
                                 "destination_workload",
                                 "destination_service",
                                 "protocol",
                                 "mtls"};
constexpr std::size_t most_matchers = 16;
constexpr std::size_t longest_matcher = 300, longest_owner = 200, longest_note = 500;  // characters

std::size_t characters(std::string_view text) {
    return std::size_t(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

// Two sides of an edge as they may be called anywhere.
Labels made_up(std::string_view name) {
    const auto service = fmt::format("{0}.{0}.svc.cluster.local", name);
    const auto principal = fmt::format("spiffe://cluster.local/ns/{0}/sa/{0}", name);
    return {{"source_namespace", std::string(name)},      {"source_workload", std::string(name)},
            {"source_principal", principal},              {"destination_namespace", std::string(name)},
            {"destination_workload", std::string(name)},  {"destination_service", service}};
}

// Whatever its protocol and mTLS: does it speak of most names that there may be?
bool speaks_of_most(const Matchers& match) {
    constexpr std::array<std::string_view, 8> names{"accounts", "billing-v2", "frontend", "kube-dns",
                                                    "orders",   "payments",   "telemetry", "web"};
    Matchers sides;
    for (const auto& matcher : match)
        if (matcher.name().starts_with("source_") || matcher.name().starts_with("destination_"))
            sides.push_back(matcher);
    const auto fitting =
        std::ranges::count_if(names, [&](std::string_view name) { return all_match(sides, made_up(name)); });
    return 2 * std::size_t(fitting) > names.size();
}

std::optional<Error> flaw_of(const Expectation& said, Time now) {
    if (said.match.empty() || said.match.size() > most_matchers)
        return Error{fmt::format("match: expected 1 to {} matchers", most_matchers)};
    for (const auto& matcher : said.match)
        if (std::ranges::find(edge_labels, matcher.name()) == edge_labels.end())
            return Error{fmt::format("match: no edge has a label {}, expected one of {}", matcher.name(),
                                     fmt::join(edge_labels, ", "))};
    if (all_match(said.match, {}) || speaks_of_most(said.match))
        return Error{"match: this would speak of every edge, or of most; name a source or a destination"};
    if (said.owner.empty() || characters(said.owner) > longest_owner)
        return Error{fmt::format("owner: expected 1 to {} characters", longest_owner)};
    if (said.note.empty() || characters(said.note) > longest_note)
        return Error{fmt::format("note: expected the reason, in 1 to {} characters", longest_note)};
    if (said.expires_at && *said.expires_at <= now) return Error{"expires_at: expected a time that is still to come"};
    return std::nullopt;
}

}  // namespace

Result<Expectation> checked(Expectation said, Time now) {
    said.match.clear();
    for (const auto& text : said.match_text) {
        if (characters(text) > longest_matcher)
            return fail(fmt::format("match: a matcher is longer than {} characters", longest_matcher));
        auto matcher = Matcher::parse(text);
        if (!matcher) return fail("match: " + matcher.error().message);
        said.match.push_back(std::move(*matcher));
    }
    if (auto flaw = flaw_of(said, now)) return std::unexpected(std::move(*flaw));
    return said;
}

const Expectation* speaks_of(const Expectations& expectations, const Labels& labels) {
    const auto found = std::find_if(expectations.rbegin(), expectations.rend(),
                                    [&](const Expectation& each) { return all_match(each.match, labels); });
    return found == expectations.rend() ? nullptr : &*found;
}

}  // namespace meshwarden
