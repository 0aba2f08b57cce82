// A tick with a great many findings is settled in parts, and comes out as if it had been one.
#include "incidents/parts.hpp"
#include "tests/incidents/world.hpp"

using namespace meshwarden;
using namespace meshwarden::incidents;
using namespace meshwarden::incidents::test;

namespace {

std::vector<Finding> many(int count) {
    std::vector<Finding> findings;
    for (int i = 0; i < count; ++i)
        findings.push_back(finding({.service = "service-" + std::to_string(i),
                                    .severity = i == count - 1 ? Severity::critical : Severity::low}));
    return findings;
}

TickOutcome commit_all(Store& store, Tick tick) {
    TickOutcome all;
    for (const auto& part : parts_of(std::move(tick))) {
        auto outcome = must(store.commit(part, options()));
        std::ranges::move(outcome.changes, std::back_inserter(all.changes));
        all.notices += outcome.notices;
    }
    return all;
}

}  // namespace

TEST_CASE("parts: a usual tick is one part") {
    const auto parts = parts_of(tick(1s, many(500)));
    REQUIRE(parts.size() == 1);
    CHECK_FALSE(parts[0].more);
    CHECK(parts[0].settled_before.empty());
}

TEST_CASE("parts: the gravest come first and soon, findings of one subject stay together") {
    auto findings = many(1200);
    findings.push_back(finding({.service = "service-0", .crossed_at = start + 30s, .severity = Severity::high}));
    const auto parts = parts_of(tick(60s, findings));
    REQUIRE(parts.size() == 5);
    CHECK(parts[0].findings.at(0).severity == Severity::critical);
    CHECK(parts[0].findings.at(1).labels.get("destination_service") == "service-0");
    CHECK(parts[0].findings.at(2).labels.get("destination_service") == "service-0");
    CHECK(parts[0].findings.size() == 101);
    CHECK(parts[1].findings.size() == 500);
    CHECK(parts[0].more);
    CHECK_FALSE(parts[4].more);
    CHECK(parts[4].findings.empty());
    CHECK(parts[4].settled_before.size() == 1200);
    CHECK(parts[3].rules.size() == 1);
}

TEST_CASE("parts: all are settled once, and the cursor moves with the last") {
    Folder folder;
    auto store = must(open_store(folder.url()));
    must(store->commit(tick(0s, {finding({.service = "calm again"})}), options()));
    auto parts = parts_of(tick(5s, many(700)));
    for (const auto& part : parts) {
        CHECK(must(store->cursor("main")) == start - 1s);
        must(store->commit(part, options()));
    }
    CHECK(must(store->cursor("main")) == start + 4s);
    CHECK(must(store->incidents({.states = {IncidentState::resolved}})).incidents.size() == 1);
    CHECK(must(store->status()).open_by_severity.at("low") == 699);
    CHECK(commit_all(*store, tick(10s, many(700))).changes.empty());
    CHECK(commit_all(*store, tick(15s, {})).changes.size() == 700);
    CHECK(must(store->verify()).whole);
}

TEST_CASE("parts: after a kill in between the rest is found again and nothing twice") {
    Folder folder;
    auto store = must(open_store(folder.url()));
    must(store->commit(parts_of(tick(5s, many(700))).at(0), options()));
    store = must(open_store(folder.url()));
    CHECK_FALSE(must(store->cursor("main")));
    const auto outcome = commit_all(*store, tick(10s, many(700)));
    CHECK(outcome.changes.size() == 600);
    CHECK(must(store->status()).head_seq == 700);
}
