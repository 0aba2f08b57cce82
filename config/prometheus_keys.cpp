#include "config/draft.hpp"
#include "config/endpoint_keys.hpp"

namespace meshwarden::config {
namespace {

// What is copied from a browser's address bar is more than that.
Codec<std::string> base_url() {
    auto codec = http_url();
    codec.read = [read = codec.read](const Value& value, std::string& target) {
        const bool more = value.node.kind == Node::Kind::scalar && value.node.text.find_first_of("?#") != std::string::npos;
        if (more) return value.complain("is more than a base URL: leave out everything from ? or # on");
        read(value, target);
    };
    return codec;
}

}  // namespace

Keys<collector::Options> prometheus_keys() {
    using O = collector::Options;
    const auto url = [](auto& options) -> auto& { return options.endpoint.url; };
    const Keys<O> own = {
        key<O>("name", &O::name, word(), "Its name in metrics, logs and the API."),
        key<O>("url", url, base_url(), "Base URL; a path prefix is allowed. Thanos, Mimir and VictoriaMetrics too."),
        key<O>("cluster", &O::cluster, text(200), "Value of the label `cluster` where the series carry none."),
        key<O>("poll_interval", &O::poll_interval, auto_or_duration(Duration{10}, std::chrono::hours(1)),
               "How often to ask. `auto`: up to five times a scrape interval, held to about a tenth of a core of that "
               "Prometheus."),
    };
    return joined_keys(own, endpoint_keys<O>(&O::endpoint));
}

}  // namespace meshwarden::config
