// verify, backup: what the chain of events in a database is worth.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "incidents/store.hpp"

namespace meshwarden::app {
namespace {

using nlohmann::json;

std::string url_of(const std::string& database) {
    return database.find(':') == std::string::npos ? "sqlite:" + database : database;
}

int cannot(const Error& error) {
    fmt::print(stderr, "{}\n", error.message);
    return 3;
}

json to_json(const incidents::Verification& checked) {
    return {{"whole", checked.whole},
            {"events", checked.events},
            {"erased", checked.erased},
            {"first_bad_seq", checked.first_bad_seq == 0 ? json() : json(checked.first_bad_seq)},
            {"expected_seq", checked.expected_seq == 0 ? json() : json(checked.expected_seq)},
            {"problem", checked.problem},
            {"head_hash", checked.head_hash}};
}

std::string to_text(const incidents::Verification& checked) {
    if (!checked.whole)
        return checked.first_bad_seq == 0
                   ? fmt::format("broken: {}; head {}", checked.problem, checked.head_hash)
                   : fmt::format("broken at event {}: {}", checked.first_bad_seq, checked.problem);
    auto text = fmt::format("whole: {} events, head {}", checked.events, checked.head_hash);
    if (checked.erased > 0) text += fmt::format("; the payloads of {} were erased by retention", checked.erased);
    if (checked.expected_seq > 0) text += fmt::format("; the expected head is event {}", checked.expected_seq);
    return text;
}

int answer(const incidents::Verification& checked, Format format) {
    if (format == Format::json)
        fmt::print("{}\n", to_json(checked).dump(2, ' ', false, json::error_handler_t::replace));
    else
        fmt::print("{}\n", to_text(checked));
    return checked.whole ? 0 : 1;
}

}  // namespace

int verify(const std::string& database, const std::string& expected_head, Format format) {
    auto store = incidents::open_store_read_only(url_of(database));
    if (!store) return cannot(store.error());
    const auto checked = (*store)->verify(expected_head);
    return checked ? answer(*checked, format) : cannot(checked.error());
}

int backup(const std::string& database, const std::string& file, Format format) {
    const auto copied = incidents::back_up(url_of(database), file);
    return copied ? answer(*copied, format) : cannot(copied.error());
}

}  // namespace meshwarden::app
