#include "notify/slack.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ranges>

#include "notify/text.hpp"
#include "notify/wording.hpp"

namespace meshwarden::notify {
namespace {

using nlohmann::json;

// Slack's own limits are higher (header 150, section 3000, field 2000), but the sum of all must stay below an
// undocumented 13,200: these add up to less than 12,000.
constexpr std::size_t header_units = 150, summary_units = 1500, field_units = 300, source_units = 220,
                      notes_units = 1800, action_units = 1200, link_units = 700, text_units = 900;
constexpr std::size_t shown_sources = 10;

std::string_view dot(Severity severity) {
    switch (severity) {
        case Severity::critical: return "\U0001F534";
        case Severity::high: return "\U0001F7E0";
        case Severity::medium: return "\U0001F7E1";
        case Severity::low: return "\U0001F535";
        case Severity::info: return "\u26AA";
    }
    return "\u26AA";
}

std::string capitals(std::string_view word) {
    std::string out(word);
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

std::string opening(const Notice& notice) {
    const auto& incident = notice.incident;
    const auto severity = capitals(to_string(incident.severity));
    switch (notice.reason) {
        case NoticeReason::opened:
            return fmt::format("{} {}{}", dot(incident.severity), severity, incident.reopened > 0 ? " again" : "");
        case NoticeReason::escalated: return fmt::format("\u23EB Escalated to {}", severity);
        case NoticeReason::still_open:
            return fmt::format("\u23F3 Still open after {}, {}", lasting(notice.created_at - incident.started_at),
                               severity);
        case NoticeReason::resolved: return fmt::format("\u2705 Resolved, was {}", severity);
        case NoticeReason::acknowledged: return fmt::format("\U0001F440 Acknowledged, {}", severity);
    }
    return {};
}

std::string title(const Notice& notice) {
    const auto where = place(notice.incident.labels, "destination");
    return fmt::format("{}: {}{}{}", opening(notice), notice.incident.rule, where.empty() ? "" : " \u00B7 ", where);
}

// Collects blocks, and the names of what did not fit.
class Message {
public:
    void header(std::string_view bytes) {
        const auto text = fitted("title", plain(bytes, header_units));
        blocks_.push_back({{"type", "header"}, {"text", {{"type", "plain_text"}, {"text", text}}}});
    }
    void section(const std::string& mrkdwn_text) {
        blocks_.push_back({{"type", "section"}, {"text", text_object(mrkdwn_text)}});
    }
    void fields(const std::vector<std::pair<std::string, std::string>>& named) {
        json fields = json::array();
        for (const auto& [name, value] : named)
            fields.push_back(text_object(fmt::format("*{}*\n{}", name, text(name, value, field_units))));
        blocks_.push_back({{"type", "section"}, {"fields", std::move(fields)}});
    }
    void context(const std::string& mrkdwn_text) {
        blocks_.push_back({{"type", "context"}, {"elements", json::array({text_object(mrkdwn_text)})}});
    }

    // Escaped and bounded.
    std::string text(std::string_view name, std::string_view bytes, std::size_t units) {
        return fitted(name, mrkdwn(bytes, units));
    }
    void note_cut(std::string what) {
        if (std::ranges::find(cut_, what) == cut_.end()) cut_.push_back(std::move(what));
    }
    const std::vector<std::string>& cut() const { return cut_; }
    json take_blocks() { return std::move(blocks_); }

private:
    std::string fitted(std::string_view name, Text text) {
        if (!text.whole) note_cut(std::string(name));
        return text.text.empty() ? "-" : std::move(text.text);
    }
    // `verbatim`: Slack must not turn bare URLs and names in a hostile text into links and mentions.
    static json text_object(const std::string& text) {
        return {{"type", "mrkdwn"}, {"text", text}, {"verbatim", true}};
    }

    json blocks_ = json::array();
    std::vector<std::string> cut_;
};

void add_summary(Message& message, const Notice& notice) {
    std::string out = message.text("summary", notice.incident.summary, summary_units);
    if (notice.reason == NoticeReason::resolved) out += "\n" + mrkdwn(resolution(notice), field_units).text;
    if (notice.reason == NoticeReason::acknowledged)
        out += "\nAcknowledged by " + message.text("name", notice.incident.acknowledged_by, field_units);
    message.section(out);
}

void add_fields(Message& message, const Notice& notice) {
    const auto& incident = notice.incident;
    const auto known = [](std::string where) { return where.empty() ? std::string("not known") : where; };
    message.fields({{"Severity", std::string(to_string(incident.severity))},
                    {"Rule", incident.rule},
                    {"Source", known(source_of(notice))},
                    {"Destination", known(place(incident.labels, "destination"))},
                    {"Value", value_against_threshold(incident)},
                    {"Since", moment(incident.started_at)}});
}

void add_sources(Message& message, const Notice& notice) {
    if (notice.top_sources.empty()) return;
    std::string out = "*Top sources*";
    for (const auto& source : notice.top_sources | std::views::take(shown_sources))
        out += fmt::format("\n\u2022 {} from {}", number(source.value),
                           message.text("a source", describe(source), source_units));
    if (notice.top_sources.size() > shown_sources)
        message.note_cut(fmt::format("{} sources", notice.top_sources.size() - shown_sources));
    message.section(out);
}

void add_notes(Message& message, const Notice& notice) {
    auto notes = remarks(notice.incident);
    notes.insert(notes.end(), notice.notes.begin(), notice.notes.end());
    std::string out;
    std::size_t used = 0, shown = 0;
    for (const auto& note : notes) {
        const auto line = message.text("a note", note, notes_units / 2);
        if (used + length_units(line) + 3 > notes_units) break;
        used += length_units(line) + 3;
        out += fmt::format("{}\u2022 {}", shown++ == 0 ? "" : "\n", line);
    }
    if (shown < notes.size()) message.note_cut(fmt::format("{} notes", notes.size() - shown));
    if (!out.empty()) message.section(out);
}

void add_action(Message& message, const Incident& incident) {
    if (!incident.action.empty()) message.section("*Action*\n" + message.text("action", incident.action, action_units));
}

// Links in the text, not buttons: a button makes Slack call an app's interactivity address, which a webhook lacks.
void add_links(Message& message, const Options& options, const Incident& incident) {
    std::vector<std::string> links;
    const auto add = [&](std::string_view name, const std::string& url) {
        if (url.empty()) return;
        const auto text = mrkdwn(url, link_units);
        if (is_link(url) && text.whole)
            links.push_back(fmt::format("<{}|{}>", text.text, name));
        else
            message.note_cut(fmt::format("the link \"{}\"", name));
    };
    add("Open the incident", incident_url(options, incident));
    add("Runbook", incident.runbook_url);
    if (!links.empty()) message.section(fmt::format("{}", fmt::join(links, "  \u00B7  ")));
}

void add_context(Message& message, const Options& options, const Incident& incident) {
    const auto id = message.text("id", incident.id, 200);
    const auto instance = mrkdwn(options.instance, 200).text;
    std::string out = fmt::format("Incident {} \u00B7 {} \u00B7 {}", id, to_string(incident.kind), instance);
    if (!message.cut().empty())
        out += fmt::format("\nCut to fit Slack's limits: {}.", fmt::join(message.cut(), ", "));
    message.context(out);
}

}  // namespace

std::string slack_message(const Notice& notice, const Options& options) {
    Message message;
    message.header(title(notice));
    add_summary(message, notice);
    add_fields(message, notice);
    add_sources(message, notice);
    add_notes(message, notice);
    add_action(message, notice.incident);
    add_links(message, options, notice.incident);
    add_context(message, options, notice.incident);

    const auto fallback = fmt::format("{} - {}", title(notice), notice.incident.summary);
    const json body = {{"text", mrkdwn(fallback, text_units).text},
                       {"blocks", message.take_blocks()},
                       {"unfurl_links", false}};
    return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace meshwarden::notify
