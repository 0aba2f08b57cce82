#include "model/labels.hpp"

#include <algorithm>

namespace meshwarden {

Labels::Labels(std::initializer_list<Pair> pairs) : Labels(std::vector<Pair>(pairs)) {}

Labels::Labels(std::vector<Pair> pairs) : pairs_(std::move(pairs)) {
    std::erase_if(pairs_, [](const Pair& pair) { return pair.second.empty(); });
    std::ranges::stable_sort(pairs_, {}, &Pair::first);
    const auto repeated = std::ranges::unique(pairs_, {}, &Pair::first);
    pairs_.erase(repeated.begin(), repeated.end());
}

std::string_view Labels::get(std::string_view name) const {
    const auto found = std::ranges::lower_bound(pairs_, name, {}, &Pair::first);
    return found != pairs_.end() && found->first == name ? std::string_view(found->second) : std::string_view();
}

void Labels::set(std::string_view name, std::string_view value) {
    const auto found = std::ranges::lower_bound(pairs_, name, {}, &Pair::first);
    const bool present = found != pairs_.end() && found->first == name;
    if (value.empty()) {
        if (present) pairs_.erase(found);
    } else if (present) {
        found->second = value;
    } else {
        pairs_.insert(found, {std::string(name), std::string(value)});
    }
}

Labels Labels::only(const std::vector<std::string>& names) const {
    std::vector<Pair> kept;
    for (const auto& name : names)
        if (const auto value = get(name); !value.empty()) kept.emplace_back(name, value);
    return Labels(std::move(kept));
}

std::string to_string(const Labels& labels) {
    std::string text = "{";
    for (const auto& [name, value] : labels) {
        if (text.size() > 1) text += ',';
        text += name;
        text += "=\"";
        for (const char c : value) {
            if (c == '\\' || c == '"') text += '\\';
            if (c == '\n')
                text += "\\n";
            else
                text += c;
        }
        text += '"';
    }
    text += '}';
    return text;
}

}  // namespace meshwarden
