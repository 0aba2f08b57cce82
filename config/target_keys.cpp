#include "config/codecs.hpp"
#include "config/draft.hpp"
#include "config/endpoint_keys.hpp"
#include "config/wording.hpp"

namespace meshwarden::config {

namespace {

using notify::Target;
using notify::TargetKind;

const std::vector<std::string> kinds = {"slack", "pagerduty", "alertmanager", "webhook"};

// The section of one kind; reading it makes the target one of that kind.
Key<Target> kind_section(const std::string& name, TargetKind kind, const std::string& url, const Keys<Target>& keys,
                         const std::string& sentence) {
    auto result = section<Target>(name, keys, sentence);
    result.read = [=](const Value& value, Target& target) {
        target.kind = kind;
        target.endpoint.url = url;
        read_map(keys, value, target);
    };
    result.describe = [describe = result.describe, url](Target target) {
        target.endpoint.url = url;
        return describe(target);
    };
    return result;
}

Key<Target> url_key(const std::string& sentence) {
    const auto url = [](auto& target) -> auto& { return target.endpoint.url; };
    return key<Target>("url", url, http_url(), sentence);
}

Keys<Target> with_endpoint(const Keys<Target>& own) {
    return joined_keys(own, endpoint_keys<Target>(&Target::endpoint));
}

Keys<Target> target_keys() {
    return {
        required(key<Target>("name", &Target::name, word(), "Its name in routes, metrics and logs.")),
        key<Target>("messages_per_second", &Target::messages_per_second, number(0, 1000),
                    "Rate limit, bursts of ten let through; 0: what the kind allows."),
        kind_section("slack", TargetKind::slack, "",
                     with_endpoint({required(key<Target>("webhook_url_file", &Target::url_file, file_path(),
                                                         "File that holds the incoming webhook's URL."))}),
                     "A Slack channel, by incoming webhook."),
        kind_section("pagerduty", TargetKind::pagerduty, "https://events.pagerduty.com/v2/enqueue",
                     with_endpoint({required(key<Target>("routing_key_file", &Target::routing_key_file, file_path(),
                                                         "File that holds the integration's routing key.")),
                                    url_key("Where events go; another region has its own.")}),
                     "A PagerDuty service, by Events API v2."),
        kind_section("alertmanager", TargetKind::alertmanager, "",
                     with_endpoint({required(url_key("Base URL of the Alertmanager."))}),
                     "An Alertmanager, which then routes by its own rules."),
        kind_section("webhook", TargetKind::webhook, "",
                     with_endpoint({required(url_key("Where the body (Alertmanager's version 4) is posted.")),
                                    key<Target>("hmac_secret_file", &Target::hmac_secret_file, file_path(),
                                                "File that holds the secret of the header X-Meshwarden-Signature.")}),
                     "Anything that takes an Alertmanager webhook."),
    };
}

void check_kind(const Value& entry, const Target&) {
    if (entry.node.kind != Node::Kind::map) {
        return;
    }
    std::vector<std::string> given;
    for (const auto& key : entry.node.keys) {
        if (std::ranges::find(kinds, key.text) != kinds.end() &&
            std::ranges::find(given, key.text) == given.end()) {
            given.push_back(key.text);
        }
    }
    if (given.empty()) {
        entry.complain("has no kind, expected exactly one of " + joined(kinds));
    } else if (given.size() > 1) {
        entry.complain("has the kinds " + joined(given, " and ") + ", expected exactly one");
    }
}

}  // namespace

Codec<std::vector<Target>> target_list() {
    Target prototype;
    prototype.messages_per_second = 0;
    return list_of_maps<Target>(target_keys(), prototype, check_kind);
}

}  // namespace meshwarden::config
