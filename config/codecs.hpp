// The types that options have. Each reads one value, or complains; each writes its default for the default file.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/keys.hpp"
#include "model/matcher.hpp"
#include "model/time.hpp"

namespace meshwarden::config {

// One line of YAML that reads back as the text.
std::string scalar_yaml(const std::string& text);

Codec<std::string> text(std::size_t longest = 4096);
Codec<std::string> word();         // not empty, letters, digits, - _ . only: names that stand in labels and URLs
Codec<std::string> label_name();   // [a-zA-Z_][a-zA-Z0-9_]*
Codec<std::string> http_url(bool may_be_empty = false);
Codec<std::string> file_path();    // made relative to the file; "" for none. Secrets are read when they are used
Codec<bool> flag();
Codec<double> number(double least, double most = std::numeric_limits<double>::max());
Codec<std::optional<double>> optional_number(double least);
Codec<Duration> duration(Duration least, Duration most = std::chrono::hours(24 * 3650));
Codec<std::optional<Duration>> auto_or_duration(Duration least, Duration most);
Codec<std::uint64_t> size(std::uint64_t least);  // 2GiB; KB and KiB are both 1024, as in Prometheus
Codec<std::vector<std::string>> words(const Codec<std::string>& each = text(), bool one_alone = false);
Codec<std::map<std::string, double>> number_map(const std::vector<std::string>& names, double least);
Codec<std::vector<std::pair<std::string, std::string>>> text_map();

// A list of matchers, kept as text and parsed.
struct MatcherList {
    std::vector<std::string>* text;
    Matchers* parsed;
};
void read_matchers(const Value& value, MatcherList target);

template <class T>
Key<T> matchers(const std::string& name, std::vector<std::string> T::*text, Matchers T::*parsed,
                const std::string& sentence) {
    return {name, false, [=](const Value& value, T& t) { read_matchers(value, {&(t.*text), &(t.*parsed)}); },
            [=](const T&) { return KeyDoc{name, "list of matchers", sentence, "[]"}; }};
}

// The index of the value's word among the names; complains where it is none of them.
std::optional<std::size_t> read_choice(const Value& value, const std::vector<std::string>& names);

template <class E>
Codec<E> choice(const std::vector<std::pair<std::string, E>>& choices) {
    std::vector<std::string> names;
    std::string type;
    for (const auto& [name, value] : choices) {
        names.push_back(name);
        type += (type.empty() ? "" : ", ") + name;
    }
    auto read = [=](const Value& value, E& target) {
        if (const auto index = read_choice(value, names)) {
            target = choices[*index].second;
        }
    };
    auto write = [=](const E& target) {
        for (const auto& [name, value] : choices) {
            if (value == target) {
                return name;
            }
        }
        return std::string();
    };
    return {type, read, write, nullptr};
}

}  // namespace meshwarden::config
