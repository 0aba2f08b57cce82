#include "model/summary.hpp"

#include <fmt/format.h>

#include <cmath>

namespace meshwarden {
namespace {

std::string value_of(std::string_view name, const Reached& reached, const Labels& labels) {
    if (name == "value") return pretty_number(reached.value);
    if (name == "threshold") return pretty_number(reached.threshold);
    if (name == "window") return to_string(reached.window);
    const auto label = labels.get(name);
    return label.empty() ? "unknown" : std::string(label.substr(0, 200));
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

}  // namespace

std::string pretty_number(double number) {
    if (number == std::floor(number) && std::abs(number) < 1e15) return fmt::format("{:.0f}", number);
    return fmt::format("{:.3g}", number);
}

std::string render_summary(std::string_view text, const Reached& reached, const Labels& labels) {
    std::string out;
    while (true) {
        const auto open = text.find("{{");
        const auto close = open == std::string_view::npos ? open : text.find("}}", open);
        out += text.substr(0, close == std::string_view::npos ? text.size() : open);
        if (close == std::string_view::npos) return out;
        out += value_of(trimmed(text.substr(open + 2, close - open - 2)), reached, labels);
        text.remove_prefix(close + 2);
    }
}

}  // namespace meshwarden
