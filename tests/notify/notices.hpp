// Notices for tests: an ordinary one, and ones as hostile as labels can be.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/incident.hpp"
#include "model/time.hpp"

namespace meshwarden::notify {

inline Time at(std::string_view text) { return parse_rfc3339(text).value(); }

inline Notice a_notice(NoticeReason reason = NoticeReason::opened) {
    Notice notice;
    notice.id = 1;
    notice.target = "secops";
    notice.reason = reason;
    notice.event_seq = 42;
    auto& incident = notice.incident;
    incident.id = "01HZX3";
    incident.fingerprint = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    incident.prometheus = "main";
    incident.rule = "authz-denials";
    incident.severity = Severity::high;
    incident.labels = {{"cluster", "prod-eu"}, {"destination_namespace", "pay"}, {"destination_service", "ledger"}};
    incident.summary = "40 requests to pay/ledger were denied in 1m";
    incident.action = "Investigate the source service";
    incident.runbook_url = "https://runbooks.example/authz?a=1&b=2";
    incident.techniques = {"T1078"};
    incident.value = 40;
    incident.threshold = 10;
    incident.window = std::chrono::minutes(1);
    incident.started_at = at("2026-01-01T00:00:00.500Z");
    incident.opened_at = incident.started_at + std::chrono::seconds(2);
    if (reason == NoticeReason::resolved) {
        incident.state = IncidentState::resolved;
        incident.resolved_at = at("2026-01-01T00:12:00.500Z");
        incident.resolve_reason = "quiet";
    }
    if (reason == NoticeReason::acknowledged) {
        incident.state = IncidentState::acknowledged;
        incident.acknowledged_by = "alice";
    }
    notice.idempotency_key = incident.fingerprint + ":" + std::string(to_string(reason)) + ":42";
    notice.top_sources = {{{{"source_namespace", "web"}, {"source_workload", "shop"}}, 30},
                          {{{"source_namespace", "batch"}, {"source_workload", "report"}}, 10}};
    notice.notes = {"40 of the 40 were refused by the mesh itself."};
    notice.created_at = at("2026-01-01T04:00:00.500Z");
    return notice;
}

inline std::string repeated(std::string_view text, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

inline std::vector<std::pair<std::string, std::string>> hostile_texts() {
    return {{"mention", "<!channel> <@U123> <https://evil.example|click>"},
            {"ampersands", "a & b &amp; c &lt;!here&gt;"},
            {"100 kB name", std::string(100'000, 'w')},
            {"100 kB of escapes", std::string(100'000, '<')},
            {"emoji", repeated("\U0001F4A3\U0001F468\u200D\U0001F469\u200D\U0001F467", 2000)},
            {"invalid UTF-8", "a\xff\xfe b\xc3 c\xed\xa0\x80 d\xf0\x9f" + std::string(5000, '\x80')},
            {"control characters", std::string("a\0b\nc\rd\x1b[31m", 12) + "\u2028\u202Eevil"},
            {"JSON", "\"}],\"text\":\"x\\"},
            {"formatting", "*bold* _it_ ~no~ `code` ```block``` > quote :smile: @here #general"}};
}

// Everything that a stranger may name is `text`.
inline Notice hostile_notice(NoticeReason reason, const std::string& text) {
    Notice notice = a_notice(reason);
    auto& incident = notice.incident;
    incident.labels = {{"cluster", text},           {"destination_namespace", text}, {"destination_service", text},
                       {"destination_workload", text}, {"source_workload", text},    {text.substr(0, 300), text}};
    incident.summary = incident.action = incident.rule = incident.acknowledged_by = text;
    incident.runbook_url = "https://" + text;
    incident.techniques = {text, text};
    incident.late = incident.blind = incident.flapping = true;
    incident.reopened = 3;
    notice.top_sources.assign(25, {{{"source_namespace", text}, {"source_workload", text}}, 1e9});
    notice.notes.assign(100, text);
    return notice;
}

inline const std::vector<NoticeReason> all_reasons{NoticeReason::opened, NoticeReason::escalated,
                                                   NoticeReason::still_open, NoticeReason::resolved,
                                                   NoticeReason::acknowledged};

}  // namespace meshwarden::notify
