#include "anomaly/explain.hpp"

#include <fmt/format.h>

#include <cmath>

namespace meshwarden::anomaly {
namespace {

std::string count(double value) {
    return value < 10 && std::abs(value - std::round(value)) > 0.05 ? fmt::format("{:.1f}", value)
                                                                    : fmt::format("{:.0f}", value);
}

std::string lasting(double intervals, double interval_seconds) {
    const double minutes = intervals * interval_seconds / 60;
    if (minutes < 1) return fmt::format("{:.0f} s", minutes * 60);
    if (minutes < 120) return fmt::format("{} min", count(minutes));
    return minutes < 48 * 60 ? fmt::format("{} h", count(minutes / 60))
                             : fmt::format("{} days", count(minutes / 60 / 24));
}

std::string_view namespace_of(std::string_view name) {
    return name.substr(0, name.find('/') == name.npos ? 0 : name.find('/'));
}

bool across_namespaces(std::string_view source, std::string_view destination) {
    const auto from = namespace_of(source), to = namespace_of(destination);
    return !from.empty() && !to.empty() && from != to;
}

std::string novelty(const Candidate& found, const std::string& source, const std::string& destination) {
    return fmt::format("{} never called {} before; it had {:.0f} destinations and {} had {:.0f} callers; {} events{}{}",
                       source, destination, found.peers_source, destination, found.peers_destination,
                       count(found.observed), across_namespaces(source, destination) ? ", into another namespace" : "",
                       found.rollout ? ", within an hour of a rollout" : "");
}

}  // namespace

Severity usual_severity(Kind kind) {
    switch (kind) {
        case Kind::fan_out: case Kind::lateral: case Kind::beacon: case Kind::identity: return Severity::high;
        case Kind::new_edge: case Kind::burst: case Kind::ramp: case Kind::off_hours: case Kind::fan_in:
            return Severity::medium;
        case Kind::vanished: break;
    }
    return Severity::low;
}

Severity severity_of(const Candidate& found, const NameOf& name_of, Severity usual) {
    if (found.kind != Kind::new_edge) return usual;
    if (found.rollout) return Severity::low;
    const bool across = across_namespaces(name_of(found.source), name_of(found.destination));
    return across && usual < Severity::critical ? Severity(int(usual) + 1) : usual;
}

std::string explain(const Candidate& found, const NameOf& name_of, double interval_seconds) {
    const auto source = found.source == no_node ? std::string() : name_of(found.source);
    const auto destination = found.destination == no_node ? std::string() : name_of(found.destination);
    const auto is = count(found.observed), was = count(found.expected);
    switch (found.kind) {
        case Kind::new_edge: return novelty(found, source, destination);
        case Kind::lateral:
            return fmt::format("{}; shortly before, {} had reached {} over an edge that was new too",
                               novelty(found, source, destination), name_of(found.via), source);
        case Kind::burst:
            return fmt::format("{} events from {} to {}, expected about {} at this hour and load", is, source,
                               destination, was);
        case Kind::ramp:
            return fmt::format("{} to {} carries {} events an hour, expected about {}; it rose without a sudden jump",
                               source, destination, is, was);
        case Kind::off_hours:
            return fmt::format("{} to {} carries {} events in a quiet hour, expected about {}", source, destination, is,
                               was);
        case Kind::fan_out:
            return fmt::format("{} reached {:.0f} new or unusually many destinations lately, expected about {}", source,
                               found.observed, was);
        case Kind::fan_in:
            return fmt::format("{} was reached by {:.0f} new or unusually many sources lately, expected about {}",
                               destination, found.observed, was);
        case Kind::beacon:
            return fmt::format("{} calls {} every {} with few events, on an edge that is new", source, destination,
                               lasting(found.observed, interval_seconds));
        case Kind::vanished:
            return fmt::format("{} has not called {} for {}, about {} events were due; {} itself is alive", source,
                               destination, lasting(found.observed, interval_seconds), was, source);
        case Kind::identity:
            return fmt::format("{} calls {} with a principal that this edge never used", source, destination);
    }
    return {};
}

}  // namespace meshwarden::anomaly
