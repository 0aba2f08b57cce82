#include "collector/extract.hpp"

#include "collector/workload_name.hpp"
#include "tests/collector/series.hpp"

using namespace meshwarden;
using namespace meshwarden::collector;
using Extraction = LabelSource::Extraction;

namespace {

Labels extract(const Labels& metric, const std::vector<LabelRule>& rules, const std::string& cluster = "") {
    const Answer answer = matrix({{metric, {{1, 1}}}});
    return Extractor(rules, {"cluster.local", "corp.example"}, cluster)(answer.metric(0));
}

LabelRule rule(const std::string& name, std::vector<LabelSource> sources, const std::string& constant = "") {
    return {name, std::move(sources), constant};
}

}  // namespace

TEST_CASE("cluster names in all their forms") {
    struct Case {
        std::string text, host, host_namespace, port;
    };
    const auto one = GENERATE(values<Case>({
        {"outbound|9080|v1|reviews.default.svc.cluster.local", "reviews", "default", "9080"},
        {"outbound|9080||reviews.default.svc.cluster.local", "reviews", "default", "9080"},
        {"outbound|80||db-0.db.data.svc.corp.example", "db", "data", "80"},
        {"outbound|443||api.example.com", "api.example.com", "", "443"},
        {"outbound|443||*.example.com", "*.example.com", "", "443"},
        {"outbound|80||reviews.default.svc.other.domain", "reviews.default.svc.other.domain", "", "80"},
        {"inbound|9080||", "", "", "9080"},
        {"inbound-vip|9080|http|reviews.default.svc.cluster.local", "reviews", "default", "9080"},
        {"inbound-vip|9080|http/v1|reviews.default.svc.cluster.local", "reviews", "default", "9080"},
        {"outbound_.9080_._.reviews.default.svc.cluster.local", "reviews", "default", "9080"},
        {"outbound_.9080_.v1_.reviews.default.svc.cluster.local", "reviews", "default", "9080"},
        {"PassthroughCluster", "PassthroughCluster", "", ""},
        {"xds-grpc", "xds-grpc", "", ""},
        {"my own | name", "my own | name", "", ""},
        {"outbound|80||.svc.cluster.local", ".svc.cluster.local", "", "80"},
        {"|||", "", "", ""},
        {"outbound_.", "", "", ""},
    }));
    const auto name = parse_cluster_name(one.text, {"cluster.local", "corp.example"});
    CHECK(name.host == one.host);
    CHECK(name.host_namespace == one.host_namespace);
    CHECK(name.port == one.port);
}

TEST_CASE("the workload of a pod") {
    const auto [pod, hash, workload] = GENERATE(table<std::string, std::string, std::string>({
        {"reviews-v1-7c4bbdbd8d-6vz6w", "", "reviews-v1"},
        {"ledger-5f4d584748-9fflw", "", "ledger"},
        {"ledger-abcxyz-9fflw", "abcxyz", "ledger"},
        {"db-0", "", "db"},
        {"my-db-12", "", "my-db"},
        {"ztunnel-x7k9z", "", "ztunnel"},
        {"istio-cni-node-bcdfg", "", "istio-cni-node"},
        {"bare", "", "bare"},
        {"my-tool", "", "my-tool"},
        {"-0", "", "-0"},
        {"", "", ""},
    }));
    CHECK(workload_of_pod(pod, hash) == workload);
}

TEST_CASE("rules set labels from the first known source") {
    CHECK(extract({{"source_workload", "unknown"}, {"app", "web"}},
                  {rule("source_workload", {{"source_workload", Extraction::none, ""},
                                            {"app", Extraction::none, ""}})}) == Labels{{"source_workload", "web"}});
    CHECK(extract({{"source_workload", "unknown"}},
                  {rule("source_workload", {{"source_workload", Extraction::none, ""}})})
              .empty());
    CHECK(extract({{"a", "b"}}, {rule("reason", {}, "http")}) == Labels{{"reason", "http"}});
    CHECK(extract({{"cluster_name", "outbound|9080|v1|reviews.default.svc.cluster.local"}},
                  {rule("destination_service", {{"cluster_name", Extraction::host, ""}}),
                   rule("destination_namespace", {{"cluster_name", Extraction::host_namespace, ""}}),
                   rule("port", {{"cluster_name", Extraction::port, ""}})}) ==
          Labels{{"destination_service", "reviews"}, {"destination_namespace", "default"}, {"port", "9080"}});
    CHECK(extract({{"__name__", "envoy_listener_ssl_fail_verify_san"}},
                  {rule("reason", {{"__name__", Extraction::match, "envoy_listener_(?:ssl_)?(.*)"}})}) ==
          Labels{{"reason", "fail_verify_san"}});
    CHECK(extract({{"__name__", "other"}}, {rule("reason", {{"__name__", Extraction::match, "envoy_(.*)"}})}).empty());
    CHECK(extract({{"__name__", "x"}}, {rule("reason", {{"__name__", Extraction::match, "("}})}).empty());
}

TEST_CASE("cluster and pod are set without a rule") {
    CHECK(extract({{"pod", "db-0"}}, {rule("w", {{"pod", Extraction::workload, ""}})}, "prod") ==
          Labels{{"cluster", "prod"}, {"pod", "db-0"}, {"w", "db"}});
    CHECK(extract({{"cluster", "own"}, {"kubernetes_pod_name", "db-0"}}, {}, "prod") ==
          Labels{{"cluster", "own"}, {"pod", "db-0"}});
}

TEST_CASE("values are bounded") {
    const auto labels = extract({{"a", std::string(3000, 'x')}}, {rule("a", {{"a", Extraction::none, ""}})});
    CHECK(labels.get("a").size() == Metric::max_value);
}
