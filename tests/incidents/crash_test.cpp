// What happens around the database: kill -9, a full disk, and others who write at the same time.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "tests/incidents/builders.hpp"

using namespace meshwarden;
using namespace meshwarden::incidents;
using namespace meshwarden::incidents::test;
using Catch::Matchers::Contains;

namespace {

std::string service(int i) {
    return "service-" + std::to_string(i);
}

// Tick i (second i) opens incident i and resolves incident i-1.
Tick numbered(int i) {
    auto one = tick(i * 1s, {finding({.service = service(i), .crossed_at = start + i * 1s})});
    one.at = one.now;
    return one;
}

// Commits until it is killed.
[[noreturn]] void commit_for_ever(const std::string& url, int first) {
    auto store = open_store(url);
    for (int i = first; store && (*store)->commit(numbered(i), options()); ++i) {
        const auto now = start + i * 1s;
        if (const auto notice = (*store)->claim("secops", now, now + 1s); notice && *notice)
            static_cast<void>((*store)->finish((*notice)->id, {.state = DeliveryState::delivered, .at = now}));
    }
    _exit(1);
}

// The number of the last tick that is there in full; nothing of the next is.
int last_whole_tick(Store& store) {
    const auto cursor = must(store.cursor("main"));
    const int last = cursor ? int((*cursor - start) / 1s) : -1;
    const auto incidents = must(store.incidents({.limit = 2})).incidents;
    if (last < 0) {
        CHECK(incidents.empty());
        return last;
    }
    REQUIRE_FALSE(incidents.empty());
    CHECK(incidents[0].labels.get("destination_service") == service(last));
    CHECK(incidents[0].state == IncidentState::open);
    if (last > 0) CHECK(incidents.at(1).state == IncidentState::resolved);
    CHECK(must(store.status()).head_seq == 2 * last + 1);
    return last;
}

}  // namespace

TEST_CASE("crash: kill -9 at any moment leaves whole ticks") {
    Folder folder;
    std::mt19937 random(7);
    int last = -1;
    for (int round = 0; round < 12; ++round) {
        const pid_t child = fork();
        REQUIRE(child >= 0);
        if (child == 0) commit_for_ever(folder.url(), last + 1);
        std::this_thread::sleep_for(std::chrono::milliseconds(20 + std::uniform_int_distribution(0, 250)(random)));
        kill(child, SIGKILL);
        int status = 0;
        REQUIRE(waitpid(child, &status, 0) == child);
        REQUIRE(WIFSIGNALED(status));
        if (!std::filesystem::exists(folder.file())) continue;
        auto store = must(open_store(folder.url()));
        const auto verification = must(store->verify());
        INFO(verification.problem);
        REQUIRE(verification.whole);
        const int reached = last_whole_tick(*store);
        CHECK(reached >= last);
        last = reached;
        must(store->release_claims(start));
    }
    CHECK(last > 5);
}

TEST_CASE("crash: a full disk is an error and leaves the history whole") {
    Folder folder;
    auto store = must(open_store(folder.url()));
    must(store->commit(numbered(0), options()));
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    rlimit tight = before;
    tight.rlim_cur = 1500 * 1024;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &tight) == 0);
    Result<TickOutcome> outcome;
    int last = 0;
    while (outcome && last < 1000)
        if (outcome = store->commit(numbered(last + 1), options()); outcome) ++last;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);

    REQUIRE_FALSE(outcome);
    CHECK_THAT(outcome.error().message, Contains(folder.file()) && Contains("cannot commit a tick"));
    CHECK(last > 5);
    CHECK(must(store->verify()).whole);
    CHECK(last_whole_tick(*store) == last);
    must(store->commit(numbered(last + 1), options()));
    store = must(open_store(folder.url()));
    CHECK(must(store->verify()).whole);
    CHECK(last_whole_tick(*store) == last + 1);
}

TEST_CASE("crash: several writers at once lose and double nothing") {
    Folder folder;
    constexpr int ticks = 40;
    must(open_store(folder.url()));
    std::mutex mutex;
    std::map<std::string, int> claims;
    std::vector<std::string> problems;
    std::atomic<int> writing = 2;
    // On a slow machine one may wait too long for its turn; as in the service it tries again.
    const auto insist = [&](auto&& act) {
        auto result = act();
        for (int tries = 1; !result && tries < 20; ++tries) result = act();
        if (const std::scoped_lock lock(mutex); !result) problems.push_back(result.error().message);
        return result;
    };
    const auto write = [&](const std::string& prometheus) {
        const auto store = insist([&] { return open_store(folder.url()); });
        for (int i = 0; store && i < ticks; ++i) {
            auto one = tick(i * 1s, {finding({.service = "shared", .crossed_at = start}),
                                     finding({.service = prometheus + std::to_string(i)})});
            one.prometheus = prometheus;
            insist([&] { return (*store)->commit(one, options()); });
        }
        --writing;
    };
    const auto send = [&] {
        const auto store = insist([&] { return open_store(folder.url()); });
        for (bool more = true; store && more;) {
            more = writing > 0;
            const auto now = start + 1h;
            const auto notice = insist([&] { return (*store)->claim("secops", now, now + 1h); });
            if (!notice) return;
            if (!*notice) continue;
            more = true;
            {
                const std::scoped_lock lock(mutex);
                ++claims[(*notice)->idempotency_key];
            }
            insist([&] { return (*store)->finish((*notice)->id, {.state = DeliveryState::delivered, .at = now}); });
        }
    };
    {
        std::vector<std::jthread> threads;
        threads.emplace_back(write, "main");
        threads.emplace_back(write, "second");
        threads.emplace_back(send);
        threads.emplace_back(send);
    }
    CHECK(problems == std::vector<std::string>{});
    auto store = must(open_store(folder.url()));
    CHECK(must(store->verify()).whole);
    const auto status = must(store->status());
    CHECK(status.pending_by_target.empty());
    CHECK(status.open_by_severity.at("high") == 3);
    const auto shared = must(Matcher::parse("destination_service=shared"));
    CHECK(must(store->incidents({.match = {shared}})).incidents.size() == 1);
    // Each Prometheus opened `ticks` incidents of its own and resolved all but its last; one is shared.
    CHECK(claims.size() == std::size_t(2 * ticks + 2 * (ticks - 1) + 1));
    for (const auto& [key, times] : claims) {
        INFO(key);
        CHECK(times == 1);
    }
}
