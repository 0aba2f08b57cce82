#include "collector/extract.hpp"

#include <algorithm>
#include <set>

#include <re2/re2.h>

#include "collector/workload_name.hpp"

namespace meshwarden::collector {
namespace {

constexpr std::string_view unknown = "unknown";

bool known(std::string_view value) {
    return !value.empty() && value != unknown;
}

std::string_view cut_field(std::string_view& rest, std::string_view separator) {
    const auto at = rest.find(separator);
    const std::string_view field = rest.substr(0, at);
    rest = at == rest.npos ? std::string_view() : rest.substr(at + separator.size());
    return field;
}

struct Fields {
    std::string_view port;
    std::string_view host;
};

std::optional<Fields> split(std::string_view text) {
    constexpr std::string_view sni = "outbound_.";
    Fields fields;
    if (text.starts_with(sni)) {
        std::string_view rest = text.substr(sni.size());
        fields.port = cut_field(rest, "_.");
        cut_field(rest, "_.");
        fields.host = rest;
        return fields;
    }
    if (std::ranges::count(text, '|') != 3) return std::nullopt;
    std::string_view rest = text;
    cut_field(rest, "|");
    fields.port = cut_field(rest, "|");
    cut_field(rest, "|");
    fields.host = rest;
    return fields;
}

// "name.namespace" of name.namespace.svc.domain
std::string_view in_cluster(std::string_view host, const std::vector<std::string>& trust_domains) {
    for (const auto& domain : trust_domains) {
        const std::string tail = ".svc." + domain;
        if (host.ends_with(tail)) return host.substr(0, host.size() - tail.size());
    }
    return {};
}

std::string first_group(const re2::RE2& expression, std::string_view text) {
    re2::StringPiece groups[2];
    const int count = std::min(2, expression.NumberOfCapturingGroups() + 1);
    const re2::StringPiece piece(text.data(), text.size());
    if (!expression.Match(piece, 0, text.size(), re2::RE2::ANCHOR_BOTH, groups, count)) return {};
    return std::string(groups[count - 1]);
}

std::shared_ptr<const re2::RE2> compile(const LabelSource& source) {
    if (source.extraction != LabelSource::Extraction::match) return nullptr;
    return std::make_shared<const re2::RE2>(source.pattern, re2::RE2::Quiet);
}

std::string_view pod_of(const Metric& metric) {
    const std::string_view pod = metric.get("pod");
    return pod.empty() ? metric.get("kubernetes_pod_name") : pod;
}

}  // namespace

ClusterName parse_cluster_name(std::string_view text, const std::vector<std::string>& trust_domains) {
    const auto fields = split(text);
    if (!fields) return {text, {}, {}};
    const std::string_view inside = in_cluster(fields->host, trust_domains);
    const auto dot = inside.rfind('.');
    if (dot == inside.npos || dot == 0) return {fields->host, {}, fields->port};
    // A pod of a headless service has one more name in front.
    const std::string_view names = inside.substr(0, dot);
    return {names.substr(names.rfind('.') + 1), inside.substr(dot + 1), fields->port};
}

Extractor::Extractor(const std::vector<LabelRule>& rules, std::vector<std::string> trust_domains, std::string cluster)
    : trust_domains_(std::move(trust_domains)), cluster_(std::move(cluster)) {
    for (const auto& rule : rules) {
        rules_.push_back({rule.name, rule.constant, {}});
        for (const auto& source : rule.sources) rules_.back().sources.push_back({source, compile(source)});
    }
}

std::string Extractor::value(const Source& source, const Metric& metric) const {
    const std::string_view text = metric.get(source.source.label);
    if (!known(text)) return {};
    using Extraction = LabelSource::Extraction;
    switch (source.source.extraction) {
        case Extraction::none: return std::string(text);
        case Extraction::host: return std::string(parse_cluster_name(text, trust_domains_).host);
        case Extraction::host_namespace: return std::string(parse_cluster_name(text, trust_domains_).host_namespace);
        case Extraction::port: return std::string(parse_cluster_name(text, trust_domains_).port);
        case Extraction::workload: return std::string(workload_of_pod(text, metric.get("pod_template_hash")));
        case Extraction::match: return source.expression->ok() ? first_group(*source.expression, text) : std::string();
    }
    return {};
}

Labels Extractor::operator()(const Metric& metric) const {
    Labels labels;
    const auto set = [&](std::string_view name, std::string_view text) {
        if (known(text)) labels.set(name, cut_text(text, Metric::max_value));
    };
    const std::string_view cluster = metric.get("cluster");
    set("cluster", cluster.empty() ? std::string_view(cluster_) : cluster);
    set("pod", pod_of(metric));
    for (const auto& rule : rules_) {
        if (!rule.constant.empty()) {
            set(rule.name, rule.constant);
            continue;
        }
        for (const auto& source : rule.sources) {
            const std::string text = value(source, metric);
            if (!known(text)) continue;
            set(rule.name, text);
            break;
        }
    }
    return labels;
}

std::vector<std::string> Extractor::labels_read() const {
    std::set<std::string> names;
    for (const auto& rule : rules_)
        for (const auto& source : rule.sources) names.insert(source.source.label);
    return {names.begin(), names.end()};
}

}  // namespace meshwarden::collector
