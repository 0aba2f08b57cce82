// Reading query parameters. The first wrong one is remembered and names itself; the caller asks once, at the end.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/time.hpp"
#include "web/http.hpp"

namespace meshwarden::web {

std::size_t characters(std::string_view text);  // of UTF-8

class Parameters {
public:
    explicit Parameters(const Request& request) : request_(request) {}

    std::string text(std::string_view name, std::size_t longest = 200);  // characters
    std::vector<std::string> all(std::string_view name);   // every occurrence, in order
    std::vector<std::string> list(std::string_view name);  // every occurrence, taken apart at commas
    int integer(std::string_view name, int preset, int lowest, int highest);
    bool flag(std::string_view name);  // true or false; false where it is not given
    std::optional<Time> time(std::string_view name);  // RFC 3339 or seconds since the epoch

    // A comma list of names, each understood by `parse` (optional<T>(string_view)).
    template <class T>
    std::vector<T> names(std::string_view name, std::optional<T> (*parse)(std::string_view),
                         std::string_view expected) {
        std::vector<T> values;
        for (const auto& each : list(name)) {
            if (const auto value = parse(each))
                values.push_back(*value);
            else
                wrong(name, each, expected);
        }
        return values;
    }

    void wrong(std::string_view name, std::string_view value, std::string_view expected);

    // 400 that names the first wrong parameter, or nothing.
    std::optional<Response> refusal() const;

private:
    const Request& request_;
    std::string problem_;
};

}  // namespace meshwarden::web
