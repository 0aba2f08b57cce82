#include "config/draft.hpp"
#include "config/endpoint_keys.hpp"

namespace meshwarden::config {

Keys<collector::Options> prometheus_keys() {
    using O = collector::Options;
    const auto url = [](auto& options) -> auto& { return options.endpoint.url; };
    const Keys<O> own = {
        key<O>("name", &O::name, word(), "Its name in metrics, logs and the API."),
        key<O>("url", url, http_url(), "Base URL; a path prefix is allowed. Thanos, Mimir and VictoriaMetrics too."),
        key<O>("cluster", &O::cluster, text(200), "Value of the label `cluster` where the series carry none."),
        key<O>("poll_interval", &O::poll_interval, auto_or_duration(Duration{10}, std::chrono::hours(1)),
               "How often to ask. `auto`: up to five times a scrape interval, held to about a tenth of a core of that "
               "Prometheus."),
    };
    return joined_keys(own, endpoint_keys<O>(&O::endpoint));
}

}  // namespace meshwarden::config
