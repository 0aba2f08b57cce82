// From a series' labels to ours, by a signal's LabelRules. Immutable after construction, thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collector/prometheus_answer.hpp"
#include "model/signal.hpp"

namespace re2 {
class RE2;
}

namespace meshwarden::collector {

// Istio's cluster_name: direction|port|subset|host, outbound_.port_.subset_.host, or free text. Views into the text.
struct ClusterName {
    std::string_view host;       // short service name of an in-cluster host, else the host, else the whole text
    std::string_view host_namespace;  // of an in-cluster host, else ""
    std::string_view port;
};
ClusterName parse_cluster_name(std::string_view text, const std::vector<std::string>& trust_domains);

class Extractor {
public:
    // `cluster` is the label `cluster` of series that carry none. An expression that does not compile never matches
    // (the configuration refuses it beforehand).
    Extractor(const std::vector<LabelRule>& rules, std::vector<std::string> trust_domains, std::string cluster);

    // The rules' labels, and `cluster` and `pod` where no rule names them. Values "" and "unknown" are left out,
    // others cut to Metric::max_value bytes.
    Labels operator()(const Metric& metric) const;

    std::vector<std::string> labels_read() const;  // the series' labels that the rules look at

private:
    struct Source {
        LabelSource source;
        std::shared_ptr<const re2::RE2> expression;
    };
    struct Rule {
        std::string name;
        std::string constant;
        std::vector<Source> sources;
    };

    std::string value(const Source& source, const Metric& metric) const;

    std::vector<Rule> rules_;
    std::vector<std::string> trust_domains_;
    std::string cluster_;
};

}  // namespace meshwarden::collector
