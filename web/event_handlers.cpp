// Server-sent events: the log of incidents as it grows. A stream is this request, asked again and again.
#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "web/handlers.hpp"
#include "web/parameters.hpp"

namespace meshwarden::web {
namespace {

using nlohmann::json;

constexpr int page = 500;
constexpr int reconnect_milliseconds = 2'000;

std::string block(std::int64_t seq, std::string_view kind, const json& data) {
    const auto text = data.dump(-1, ' ', true, json::error_handler_t::replace);
    return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", seq, kind, text);
}

std::string block(const Event& event) {
    const auto kind = to_string(event.kind);
    return block(event.seq, kind,
                 {{"seq", event.seq},
                  {"incident", event.incident.empty() ? json(nullptr) : json(event.incident)},
                  {"event", kind},
                  {"at", to_rfc3339(event.at)}});
}

// What a client asked for and cannot have: retention has taken it, or this is another database.
std::string gap(std::int64_t asked_after, std::int64_t continues_after, Time now) {
    return block(continues_after, "gap",
                 {{"seq", continues_after}, {"incident", nullptr}, {"event", "gap"}, {"at", to_rfc3339(now)},
                  {"asked_after", asked_after}});
}

// Nothing: from now on. A browser that comes back says it in the header, while its URL is still the first one.
std::optional<std::int64_t> last_seen(const Request& request, Parameters& parameters) {
    const auto in_query = parameters.text("last_event_id");
    const auto in_header = request.header("last-event-id");
    const auto text = in_header.empty() ? std::string_view(in_query) : in_header;
    if (text.empty()) return std::nullopt;
    std::int64_t seq = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seq);
    if (error != std::errc{} || end != text.data() + text.size() || seq < 0)
        parameters.wrong("last_event_id (or the header Last-Event-ID)", text.substr(0, 40), "an id of this stream");
    return seq;
}

Response streamed(std::string body, const std::vector<Event>& events, std::int64_t after) {
    for (const auto& event : events) body += block(event);
    Response response{200, "text/event-stream", std::move(body), {{"X-Accel-Buffering", "no"}}};
    response.continues_after = events.empty() ? after : events.back().seq;
    response.has_more = events.size() == std::size_t(page);
    return response;
}

Response first_events(const Request& request, Context& context) {
    Parameters parameters(request);
    const auto asked = last_seen(request, parameters);
    if (const auto refusal = parameters.refusal()) return *refusal;
    const auto status = context.store->status();
    if (!status) return problem(503, status.error().message);
    const auto head = status->head_seq;
    const auto after = std::min(asked.value_or(head), head);
    const auto found = context.store->events_after(after, page);
    if (!found) return problem(503, found.error().message);
    // Numbers have no holes: one that is missing was there and is no longer.
    const auto oldest = found->empty() ? head + 1 : found->front().seq;
    const auto begins_after = oldest > after + 1 ? oldest - 1 : after;
    auto body = fmt::format("retry: {}\nid: {}\n\n", reconnect_milliseconds, begins_after);
    if (asked && *asked != begins_after) body += gap(*asked, begins_after, context.dependencies.now());
    return streamed(std::move(body), *found, begins_after);
}

}  // namespace

Response events(const Call& call, Context& context) {
    const auto after = call.request.continues_after;
    if (!after) return first_events(call.request, context);
    const auto found = context.store->events_after(*after, page);
    return found ? streamed({}, *found, *after) : problem(503, found.error().message);
}

}  // namespace meshwarden::web
