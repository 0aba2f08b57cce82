#include "notify/wording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "notify/text.hpp"

namespace meshwarden::notify {
namespace {

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~").contains(c);
}

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (is_unreserved(c))
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

std::string first_of(const Labels& labels, std::string_view side, std::initializer_list<std::string_view> names) {
    for (const auto name : names)
        if (const auto value = labels.get(fmt::format("{}_{}", side, name)); !value.empty()) return std::string(value);
    return {};
}

std::string_view why_resolved(std::string_view reason) {
    if (reason == "quiet") return "it went quiet";
    if (reason == "user") return "a person resolved it";
    if (reason == "rule_removed") return "its rule was removed";
    return "it is over";
}

}  // namespace

std::string incident_url(const Options& options, const Incident& incident) {
    std::string_view base = options.external_url;
    while (base.ends_with('/')) base.remove_suffix(1);
    if (base.empty()) return {};
    return fmt::format("{}/incidents/{}", base, percent_encoded(incident.id));
}

std::string place(const Labels& labels, std::string_view side) {
    const auto name = side == "destination" ? first_of(labels, side, {"service", "workload", "principal"})
                                            : first_of(labels, side, {"workload", "service", "principal"});
    const auto space = labels.get(fmt::format("{}_namespace", side));
    if (name.empty() && space.empty()) return {};
    const auto* between = space.empty() || name.empty() ? "" : "/";
    const auto out = fmt::format("{}{}{}", space, between, name);
    const auto cluster = labels.get("cluster");
    return cluster.empty() ? out : fmt::format("{}: {}", cluster, out);
}

std::string describe(const TopSource& source) {
    const auto where = place(source.labels, "source");
    return where.empty() ? to_string(source.labels) : where;
}

std::string source_of(const Notice& notice) {
    if (const auto where = place(notice.incident.labels, "source"); !where.empty()) return where;
    if (notice.top_sources.empty()) return {};
    const auto largest = describe(notice.top_sources.front());
    const auto others = notice.top_sources.size() - 1;
    return others == 0 ? largest : fmt::format("{} and {} more", plain(largest, 200).text, others);
}

std::string number(double value) {
    if (!std::isfinite(value)) return "not a number";
    if (std::abs(value) >= 1e15) return fmt::format("{:.3g}", value);
    if (value == std::floor(value)) return fmt::format("{:.0f}", value);
    return std::abs(value) >= 100 ? fmt::format("{:.1f}", value) : fmt::format("{:.3g}", value);
}

std::string lasting(Duration duration) {
    return to_string(Duration(std::chrono::floor<std::chrono::seconds>(std::max(duration, Duration(0)))));
}

std::string moment(Time time) {
    std::string text = to_rfc3339(std::chrono::floor<std::chrono::seconds>(time));
    return fmt::format("{} {} UTC", text.substr(0, 10), text.substr(11, 8));
}

std::string value_against_threshold(const Incident& incident) {
    std::string out = number(incident.value);
    if (incident.kind == IncidentKind::threshold || incident.threshold != 0)
        out += fmt::format(" ({} {})", incident.kind == IncidentKind::anomaly ? "usually" : "threshold",
                           number(incident.threshold));
    if (incident.window > Duration(0)) out += fmt::format(" in {}", to_string(incident.window));
    return out;
}

std::string resolution(const Notice& notice) {
    const auto& incident = notice.incident;
    const Time end = incident.resolved_at.value_or(notice.created_at);
    return fmt::format("Resolved after {}: {}.", lasting(end - incident.started_at),
                       why_resolved(incident.resolve_reason));
}

std::vector<std::string> remarks(const Incident& incident) {
    std::vector<std::string> out;
    if (incident.late) out.emplace_back("Late: the value was calm again before it could be looked at.");
    if (incident.blind) out.emplace_back("Blind: it can no longer be seen whether this goes on.");
    if (incident.flapping) out.emplace_back("Flapping: it comes and goes.");
    if (incident.reopened == 1) out.emplace_back("Reopened once.");
    if (incident.reopened > 1) out.push_back(fmt::format("Reopened {} times.", incident.reopened));
    return out;
}

}  // namespace meshwarden::notify
