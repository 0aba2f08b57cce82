#include "notify/slack.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "notify/text.hpp"
#include "tests/catch.hpp"
#include "tests/notify/notices.hpp"

using namespace meshwarden;
using namespace meshwarden::notify;
using nlohmann::json;

namespace {

Options options() {
    Options out;
    out.external_url = "https://warden.example/";
    return out;
}

json message(const Notice& notice) { return json::parse(slack_message(notice, options())); }

// Every text object with its limit, as Slack's reference has them.
void each_text(const json& body, const std::function<void(const json&, std::size_t)>& visit) {
    for (const auto& block : body["blocks"]) {
        if (block["type"] == "header") visit(block["text"], 150);
        if (block["type"] == "section" && block.contains("text")) visit(block["text"], 3000);
        if (block.contains("fields"))
            for (const auto& field : block["fields"]) visit(field, 2000);
        if (block["type"] == "context")
            for (const auto& element : block["elements"]) visit(element, 2000);
    }
}

void check_limits(const json& body) {
    std::size_t total = length_units(body["text"].get<std::string>());
    CHECK(total > 0);
    CHECK(total <= 4000);
    CHECK(body["blocks"].size() <= 50);
    each_text(body, [&](const json& text, std::size_t limit) {
        const auto units = length_units(text["text"].get<std::string>());
        CHECK(units >= 1);
        CHECK(units <= limit);
        total += units;
    });
    CHECK(total <= 12'000);
}

void check_escaped(const json& body) {
    const std::regex allowed("<https?://[^<>|\\s]+\\|(Open the incident|Runbook)>"), entity("&(amp|lt|gt);");
    const auto check = [&](const std::string& text) {
        const auto rest = std::regex_replace(std::regex_replace(text, allowed, ""), entity, "");
        CHECK(rest.find_first_of("<>&") == std::string::npos);
    };
    check(body["text"]);
    each_text(body, [&](const json& text, std::size_t) {
        if (text["type"] == "mrkdwn") check(text["text"]);
    });
}

std::string all_text(const json& body) {
    std::string out;
    each_text(body, [&](const json& text, std::size_t) { out += text["text"].get<std::string>() + "\n"; });
    return out;
}

}  // namespace

TEST_CASE("slack: an opened incident, word for word") {
    std::ifstream file(MESHWARDEN_TEST_DATA "/notify/slack_opened.json");
    REQUIRE(file);
    CHECK(message(a_notice()).dump(1) == json::parse(file).dump(1));
}

TEST_CASE("slack: every reason looks different, and every one says what to do") {
    std::set<std::string> headers;
    for (const auto reason : all_reasons) {
        const auto body = message(a_notice(reason));
        headers.insert(body["blocks"][0]["text"]["text"].get<std::string>());
        CHECK(all_text(body).find("Investigate the source service") != std::string::npos);
        CHECK(all_text(body).find("https://warden.example/incidents/01HZX3") != std::string::npos);
    }
    CHECK(headers.size() == all_reasons.size());
    CHECK(headers.contains("\u2705 Resolved, was HIGH: authz-denials \u00B7 prod-eu: pay/ledger"));
    CHECK(headers.contains("\u23F3 Still open after 4h, HIGH: authz-denials \u00B7 prod-eu: pay/ledger"));
    const auto resolved = all_text(message(a_notice(NoticeReason::resolved)));
    CHECK(resolved.find("Resolved after 12m: it went quiet.") != std::string::npos);
}

TEST_CASE("slack: hostile labels stay text within the limits") {
    for (const auto& [name, text] : hostile_texts())
        for (const auto reason : all_reasons) {
            INFO(name);
            const auto body = message(hostile_notice(reason, text));
            check_limits(body);
            check_escaped(body);
        }
}

TEST_CASE("slack: what was cut is said") {
    const auto text = all_text(message(hostile_notice(NoticeReason::opened, std::string(10'000, 'x'))));
    CHECK(text.find("Cut to fit Slack's limits: title, summary,") != std::string::npos);
    CHECK(text.find("15 sources") != std::string::npos);
    CHECK(text.find("notes") != std::string::npos);
    CHECK(all_text(message(a_notice())).find("Cut to fit") == std::string::npos);
}

TEST_CASE("slack: the poorest incident is a message too") {
    Notice notice;
    Options bare;
    bare.instance.clear();
    const auto body = json::parse(slack_message(notice, bare));
    check_limits(body);
    CHECK(all_text(body).find("http") == std::string::npos);
}

TEST_CASE("slack: the same notice gives the same bytes") {
    CHECK(slack_message(a_notice(), options()) == slack_message(a_notice(), options()));
}
