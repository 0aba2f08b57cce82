#include "web/json_body.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace meshwarden::web {
namespace {

constexpr std::size_t longest_quote = 60;

}  // namespace

Result<nlohmann::json> object_of(std::string_view body, std::span<const std::string_view> keys) {
    auto object = nlohmann::json::parse(body, nullptr, false);
    if (!object.is_object())
        return fail(fmt::format("the body must be a JSON object with keys of {}", fmt::join(keys, ", ")));
    for (const auto& [key, value] : object.items())
        if (std::ranges::find(keys, key) == keys.end())
            return fail(fmt::format("{}: unknown key, expected one of {}", key.substr(0, longest_quote),
                                    fmt::join(keys, ", ")));
    return object;
}

}  // namespace meshwarden::web
