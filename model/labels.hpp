// A set of labels: names to values, sorted by name, without empty values (an empty label is an absent one, as in
// Prometheus). A value type; not synchronised.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace meshwarden {

class Labels {
public:
    using Pair = std::pair<std::string, std::string>;

    Labels() = default;
    Labels(std::initializer_list<Pair> pairs);
    explicit Labels(std::vector<Pair> pairs);  // of repeated names the first counts

    // The value, or "" where the label is absent. The view lives as long as the Labels stay unchanged.
    std::string_view get(std::string_view name) const;
    bool has(std::string_view name) const { return !get(name).empty(); }
    void set(std::string_view name, std::string_view value);  // an empty value removes the label

    // Only the named ones.
    Labels only(const std::vector<std::string>& names) const;

    auto begin() const { return pairs_.begin(); }
    auto end() const { return pairs_.end(); }
    std::size_t size() const { return pairs_.size(); }
    bool empty() const { return pairs_.empty(); }

    friend bool operator==(const Labels&, const Labels&) = default;
    friend auto operator<=>(const Labels&, const Labels&) = default;

private:
    std::vector<Pair> pairs_;
};

// {a="b",c="d"}, values escaped as in the exposition format; the same labels give the same text.
std::string to_string(const Labels& labels);

}  // namespace meshwarden
