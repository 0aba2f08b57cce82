// meshwarden expect: what operators say of edges, read from and written to the database; a running service follows with
// its next tick.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/good_config.hpp"
#include "app/moment.hpp"
#include "app/table.hpp"
#include "incidents/store.hpp"
#include "io/clock.hpp"
#include "web/graph_formats.hpp"

namespace meshwarden::app {
namespace {

using nlohmann::json;

std::string user() {
    const auto* entry = getpwuid(getuid());
    return entry ? entry->pw_name : std::to_string(getuid());
}

void print(const json& value) { fmt::print("{}\n", value.dump(2, ' ', false, json::error_handler_t::replace)); }

Row row_of(const Expectation& said, Time now) {
    const auto until = said.ended_at     ? "withdrawn by " + said.ended_by
                       : said.expires_at ? to_rfc3339(*said.expires_at)
                                         : "no end";
    return {said.id,
            said.expected ? "expected" : "unexpected",
            said.holds(now) ? "yes" : "no",
            until,
            said.owner,
            said.created_by,
            fmt::format("{}", fmt::join(said.match_text, ", ")),
            said.note};
}

void show(const Expectations& all, Time now, Format format) {
    auto list = json::array();
    std::vector<Row> rows;
    for (const auto& each : all) {
        list.push_back(web::to_json(each));
        rows.push_back(row_of(each, now));
    }
    if (format == Format::json) return print({{"expectations", std::move(list)}});
    fmt::print("{}", table({"ID", "SAID", "HOLDS", "UNTIL", "OWNER", "BY", "MATCH", "NOTE"}, rows));
}

int answer(const std::expected<Expectation, incidents::ActionFailure>& said, const std::string& id, Time now,
           Format format) {
    if (said) {
        if (format == Format::json)
            print(web::to_json(*said));
        else
            show({*said}, now, format);
        return 0;
    }
    if (said.error() == incidents::ActionError::not_found)
        return complain(fmt::format("there is no expectation {}", id), 1);
    if (said.error() == incidents::ActionError::too_many)
        return complain(
            fmt::format("{} hold already; withdraw some, or use wider matchers", incidents::most_expectations), 1);
    return complain(said.error().cause + "; nothing was changed", 3);
}

Result<Expectation> declaration(const ExpectRequest& request, Time now) {
    Expectation said;
    said.expected = !request.unexpected;
    said.match_text = request.matchers;
    said.created_by = "cli:" + user();
    said.owner = request.owner.empty() ? user() : request.owner;
    said.note = request.note;
    if (!request.expires.empty()) {
        const auto expires = moment(request.expires, now, Toward::future);
        if (!expires) return std::unexpected(expires.error());
        said.expires_at = *expires;
    }
    return checked(std::move(said), now);
}

int list(incidents::Store& store, bool all, Time now, Format format) {
    auto said = store.expectations();
    if (!said) return complain(said.error().message, 3);
    if (!all) std::erase_if(*said, [&](const Expectation& each) { return !each.holds(now); });
    show(*said, now, format);
    return 0;
}

}  // namespace

int expect(const std::string& config_file, const ExpectRequest& request, Format format) {
    const auto now = io::SystemClock().now();
    const bool declares = !request.matchers.empty();
    auto said = declares ? declaration(request, now) : Result<Expectation>(Expectation{});
    if (!said) return complain(said.error().message, 2);
    int exit_code = 0;
    const auto config = good_config(config_file, exit_code);
    if (!config) return exit_code;
    const bool reads = !declares && request.withdraw.empty();
    const auto store = reads ? incidents::open_store_read_only(config->storage_url)
                             : incidents::open_store(config->storage_url, incidents::Opening::existing);
    if (!store) return complain(store.error().message, 3);
    if (reads) return list(**store, request.all, now, format);
    if (declares) return answer((*store)->declare(std::move(*said), now), {}, now, format);
    return answer((*store)->withdraw(request.withdraw, "cli:" + user(), now), request.withdraw, now, format);
}

}  // namespace meshwarden::app
