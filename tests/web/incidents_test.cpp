#include <set>

#include "tests/web/api.hpp"

using namespace meshwarden;
using namespace meshwarden::tests;
using web::Method;

TEST_CASE("the list: all states unless asked, newest first, filters") {
    Api api;
    const auto all = api.get("/api/v1/incidents")["incidents"];
    REQUIRE(all.size() == 5);
    CHECK(all.back()["rule"] == "slow-convergence");
    for (std::size_t i = 1; i < all.size(); ++i) CHECK(all[i - 1]["opened_at"] >= all[i]["opened_at"]);
    const auto count = [&](std::string_view query) {
        return api.get("/api/v1/incidents?" + std::string(query))["incidents"].size();
    };
    CHECK(count("state=open") == 4);
    CHECK(count("state=open,resolved") == 5);
    CHECK(count("state=acknowledged") == 0);
    CHECK(count("severity=critical,low") == 2);
    CHECK(count("rule=authz-denials") == 1);
    CHECK(count("match=destination_namespace%3D%22pay%22") == 2);
    CHECK(count("match=destination_namespace%3D%22pay%22&match=team%3D~%22pay.*%22") == 1);
    CHECK(count("since=2025-12-31T12:00:00Z") == 4);
    CHECK(count("until=2025-12-31T12:00:00Z") == 1);
}

TEST_CASE("the fields of an incident") {
    Api api;
    const auto incident = api.get("/api/v1/incidents?rule=authz-denials")["incidents"][0];
    for (const auto* name :
         {"id", "fingerprint", "episode", "rule", "kind", "severity", "state", "flapping", "late", "blind", "labels",
          "summary", "action", "runbook_url", "techniques", "value", "threshold", "window", "findings", "started_at",
          "opened_at", "updated_at", "resolved_at", "resolve_reason", "acknowledged_at", "acknowledged_by", "assignee",
          "links", "version"}) {
        INFO(name);
        CHECK(incident.contains(name));
    }
    CHECK(incident["started_at"] == "2025-12-31T23:48:00.000Z");
    CHECK(incident["links"] == nlohmann::json{{"kiali", "https://kiali/pay/ledger"}, {"traces", ""}, {"grafana", ""}});
}

TEST_CASE("pages: every incident once") {
    Api api;
    std::set<std::string> seen;
    std::string cursor;
    int pages = 0;
    do {
        const auto page = api.get("/api/v1/incidents?limit=2" + (cursor.empty() ? "" : "&cursor=" + cursor));
        for (const auto& incident : page["incidents"]) CHECK(seen.insert(incident["id"]).second);
        cursor = page["next_cursor"].is_null() ? "" : page["next_cursor"].get<std::string>();
    } while (++pages < 10 && !cursor.empty());
    CHECK(seen.size() == 5);
    CHECK(pages == 3);
}

TEST_CASE("a bad parameter is named") {
    const auto [name, query] = GENERATE(table<std::string, std::string>(
        {{"state", "state=opened"}, {"severity", "severity=high,terrible"}, {"match", "match=nonsense"},
         {"match", "match=a%3D~%22(%22"}, {"since", "since=yesterday"}, {"until", "until=x"}, {"limit", "limit=0"},
         {"limit", "limit=501"}, {"limit", "limit=1e2"}, {"limit", "limit=1&limit=2"}, {"cursor", "cursor=%22%27"},
         {"cursor", "cursor=zz"}}));
    Api api;
    const auto problem = api.get("/api/v1/incidents?" + query, 400);
    CHECK(problem["status"] == 400);
    CHECK(problem["detail"].get<std::string>().find(name) != std::string::npos);
}

TEST_CASE("one incident with its proof") {
    Api api;
    const auto detail = api.get("/api/v1/incidents/" + api.id_of("authz-denials"));
    CHECK(detail["evidence"]["series"].size() == 2);
    CHECK(detail["evidence"]["series"][0]["points"].size() == 13);
    CHECK(detail["evidence"]["top_sources"][0]["value"] == 31);
    CHECK(detail["evidence"]["truncated"] == false);
    REQUIRE(detail["timeline"].size() >= 1);
    CHECK(detail["timeline"][0]["event"] == "opened");
    CHECK(detail["timeline"][0]["hash"].get<std::string>().size() == 64);
    CHECK(detail["notices"].size() == 2);
    const auto tag = header_of(api.ask(Method::get, "/api/v1/incidents/" + api.id_of("authz-denials")), "ETag");
    CHECK(tag.starts_with("\"" + std::to_string(detail["version"].get<int>()) + "-"));
    CHECK(api.get("/api/v1/incidents/nothing", 404)["status"] == 404);
}

TEST_CASE("acknowledge, comment, assign, resolve; twice is no mistake") {
    Api api;
    const auto path = "/api/v1/incidents/" + api.id_of("authz-denials");
    CHECK(api.post(path + "/acknowledge", R"({"note":"on it"})")["state"] == "acknowledged");
    CHECK(api.post(path + "/acknowledge")["state"] == "acknowledged");
    CHECK(api.post(path + "/assign")["assignee"] == "anonymous");
    CHECK(api.post(path + "/assign", R"({"assignee":"bob"})")["assignee"] == "bob");
    CHECK(api.post(path + "/assign", R"({"assignee":null})")["assignee"].is_null());
    api.post(path + "/comment", R"({"note":"<b>it was the batch job</b>","until":"2026-01-02T00:00:00Z"})");
    CHECK(api.post(path + "/resolve")["resolve_reason"] == "user");
    CHECK(api.post(path + "/resolve")["state"] == "resolved");
    CHECK(api.post(path + "/acknowledge", {}, 409)["status"] == 409);
    const auto timeline = api.get(path)["timeline"];
    std::vector<std::string> events;
    for (const auto& event : timeline) events.push_back(event["event"]);
    CHECK(events == std::vector<std::string>{"opened", "acknowledged", "assigned", "assigned", "assigned", "commented",
                                             "resolved"});
    CHECK(timeline[1]["note"] == "on it");
    CHECK(timeline[5]["note"] == "<b>it was the batch job</b> (until 2026-01-02T00:00:00Z)");
    CHECK(api.sample.wakes == 7);
}

TEST_CASE("a change that is wrong changes nothing") {
    Api api;
    const auto path = "/api/v1/incidents/" + api.id_of("authz-denials");
    const auto version = api.get(path)["version"];
    for (const auto* body : {"{", "[]", "7", R"({"note":1})", R"({"until":"soon"})", R"({"assignee":{}})", "\"\xff\""})
        api.post(path + "/acknowledge", body, 400);
    api.post(path + "/comment", "{}", 400);
    api.post(path + "/comment", {}, 400);
    api.post(path + "/comment", R"({"note":")" + std::string(4'001, 'a') + R"("})", 400);
    api.post("/api/v1/incidents/none/resolve", {}, 404);
    const auto with_type = [&](const std::string& type) {
        return api.ask(Method::post, path + "/acknowledge", "{}", {{"content-type", type}}).status;
    };
    CHECK(with_type("application/x-www-form-urlencoded") == 415);
    CHECK(with_type("Application/JSON; charset=utf-8") == 200);
    CHECK(api.get(path)["version"] == version.get<int>() + 1);
}

TEST_CASE("an unknown key of a change is named, with the known ones") {
    Api api;
    const auto path = "/api/v1/incidents/" + api.id_of("authz-denials");
    const auto version = api.get(path)["version"];
    for (const auto* verb : {"/acknowledge", "/resolve", "/comment", "/assign"}) {
        CHECK(api.post(path + verb, R"({"note":"x","asignee":"bob"})", 400)["detail"] ==
              "asignee: unknown key, expected one of note, until, assignee");
    }
    CHECK(api.get(path)["version"] == version);
}

TEST_CASE("any change can give the incident to somebody, who keeps it until another does") {
    Api api;
    const auto path = "/api/v1/incidents/" + api.id_of("authz-denials");
    const auto taken = api.post(path + "/acknowledge", R"({"note":"on it","assignee":"bob"})");
    CHECK(taken["state"] == "acknowledged");
    CHECK(taken["assignee"] == "bob");
    CHECK(api.post(path + "/acknowledge", R"({"assignee":"eve"})")["assignee"] == "eve");
    CHECK(api.post(path + "/comment", R"({"note":"the batch job","assignee":"eve"})")["assignee"] == "eve");
    CHECK(api.post(path + "/comment", R"({"note":"she is away","assignee":""})")["assignee"].is_null());
    CHECK(api.post(path + "/resolve", R"({"assignee":"bob"})")["assignee"] == "bob");
    std::string events;
    const auto timeline = api.get(path)["timeline"];
    for (const auto& event : timeline) events += event["event"].get<std::string>() + " ";
    CHECK(events == "opened acknowledged assigned assigned commented commented assigned resolved assigned ");
    CHECK(api.post(path + "/resolve", R"({"assignee":"carol"})")["assignee"] == "carol");
    CHECK(api.get(path)["timeline"].size() == timeline.size() + 1);
}

TEST_CASE("a resolved incident can still be given to somebody") {
    Api api;
    const auto path = "/api/v1/incidents/" + api.id_of("authz-denials");
    api.post(path + "/resolve");
    const auto given = api.post(path + "/assign", R"({"assignee":"bob"})");
    CHECK(given["assignee"] == "bob");
    CHECK(given["state"] == "resolved");
}

TEST_CASE("If-Match holds a change to the version that was seen") {
    Api api;
    const auto path = "/api/v1/incidents/" + api.id_of("authz-denials");
    const auto version = api.get(path)["version"].get<int>();
    const auto tag = header_of(api.ask(Method::get, path), "ETag");
    const auto act = [&](const std::string& condition) {
        return api.ask(Method::post, path + "/comment", R"({"note":"x"})", {{"if-match", condition}}).status;
    };
    CHECK(act("\"" + std::to_string(version + 1) + "\"") == 412);
    CHECK(act("seven") == 412);
    CHECK(act("W/" + tag) == 412);
    CHECK(act("\"0\", " + tag) == 200);
    CHECK(act(tag) == 412);
    CHECK(act(std::to_string(version + 1)) == 200);
    CHECK(act("\"" + std::to_string(version + 2) + "\"") == 200);
    CHECK(act("*") == 200);
    const auto nowhere = api.ask(Method::post, "/api/v1/incidents/none/resolve", "{}", {{"if-match", "\"1\""}});
    CHECK(nowhere.status == 404);
}

TEST_CASE("If-None-Match: 304 until anything in the answer has changed") {
    Api api;
    const auto path = "/api/v1/incidents/" + api.id_of("authz-denials");
    const auto held = header_of(api.ask(Method::get, path), "ETag");
    const auto again = [&](const std::string& condition) {
        return api.ask(Method::get, path, {}, {{"if-none-match", condition}});
    };
    CHECK(again(held).status == 304);
    CHECK(again(held).body.empty());
    CHECK(header_of(again(held), "ETag") == held);
    CHECK(again("\"x\", W/" + held).status == 304);
    CHECK(again("\"x\"").status == 200);
    // A delivery changes the answer, but not the incident.
    const auto notice = api.store->claim("secops", api.sample.now, api.sample.now + Duration(1'000));
    REQUIRE(notice);
    if (*notice) (void)api.store->finish((*notice)->id, {DeliveryState::delivered, api.sample.now, api.sample.now, ""});
    CHECK(again(held).status == (*notice && (*notice)->incident.rule == "authz-denials" ? 200 : 304));
    api.post(path + "/acknowledge");
    CHECK(again(held).status == 200);
}

TEST_CASE("deliveries") {
    Api api;
    const auto all = api.get("/api/v1/deliveries")["deliveries"];
    CHECK(all.size() >= 8);
    const auto dead = api.get("/api/v1/deliveries?state=dead")["deliveries"];
    REQUIRE(dead.size() == 1);
    CHECK(dead[0]["target"] == "oncall");
    CHECK(dead[0]["error"].get<std::string>().starts_with("400"));
    const auto id = api.id_of("authz-denials");
    const auto of_one = api.get("/api/v1/deliveries?incident=" + id)["deliveries"];
    CHECK(of_one.size() == 2);
    for (const auto& delivery : of_one) CHECK(delivery["incident"] == id);
    api.get("/api/v1/deliveries?state=lost", 400);
}
