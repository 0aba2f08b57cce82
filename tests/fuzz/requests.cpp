// HTTP requests from the target to the answer's bytes, without a socket: the first line is METHOD TARGET, then headers
// up to an empty line, then the body. "ID" in the path is an incident that exists.
#include <nlohmann/json.hpp>

#include "tests/fuzz/fuzz.hpp"
#include "tests/web/sample.hpp"

using namespace meshwarden;
using namespace meshwarden::web;
using fuzz::promise;

namespace {

constexpr int fresh_after = 500;  // requests change the store; an input alone must show what it showed here

std::string_view cut(std::string_view& rest, std::string_view end) {
    const auto at = rest.find(end);
    const auto part = rest.substr(0, at);
    rest = at == rest.npos ? std::string_view{} : rest.substr(at + end.size());
    return part;
}

Request parse(std::string_view text, const std::string& id) {
    Request request;
    auto line = cut(text, "\n");
    const auto method = cut(line, " ");
    request.method = method == "GET" ? Method::get : method == "POST" ? Method::post
                   : method == "HEAD" ? Method::head : method == "DELETE" ? Method::del : Method::other;
    if (!parse_target(line, request)) request.path.clear();
    if (const auto at = request.path.find("ID"); at != std::string::npos) request.path.replace(at, 2, id);
    for (auto header = cut(text, "\n"); !header.empty(); header = cut(text, "\n")) {
        const auto name = cut(header, ": ");
        request.headers.emplace_back(name, header);
    }
    request.body = text;
    return request;
}

struct World {
    tests::Sample sample;
    Options options;
    std::unique_ptr<incidents::Store> store;
    Authenticator authenticator{{}};

    std::string id = "none";

    World() : store(std::move(incidents::open_store("sqlite::memory:").value())) {
        sample.fill(*store);
        Request list;
        parse_target("/api/v1/incidents", list);
        id = nlohmann::json::parse(answer(list).body).at("incidents").at(0).at("id");
    }

    Response answer(const Request& request) {
        const auto dependencies = sample.dependencies();
        Context context{options, dependencies, authenticator, store.get(), ""};
        return handle(request, context);
    }
};

void look_at(const Response& response) {
    promise(response.status >= 200 && response.status < 600, "a status is one");
    promise(response.status != 500, "no request is our fault");
    for (const auto& [name, value] : response.headers)
        promise(value.find_first_of("\r\n") == value.npos, "no header breaks its line");
    if (response.content_type.find("json") != std::string::npos)
        promise(nlohmann::json::accept(response.body), "JSON is JSON");
    to_wire(response, true, true);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static std::unique_ptr<World> world;
    static int served = 0;
    if (served++ % fresh_after == 0) world = std::make_unique<World>();
    look_at(world->answer(parse(fuzz::text_of(data, size), world->id)));
    return 0;
}
