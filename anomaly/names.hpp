// Gives out numbers for the names of workloads, principals and versions. Owned by one reader, not synchronised.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "anomaly/row.hpp"

namespace meshwarden::anomaly {

class Names {
public:
    // Gives the name a number where it has none.
    NodeId number(std::string_view name) {
        const auto found = numbers_.find(name);
        if (found != numbers_.end()) return found->second;
        names_.emplace_back(name);
        return numbers_.emplace(names_.back(), NodeId(names_.size() - 1)).first->second;
    }
    bool knows(std::string_view name) const { return numbers_.contains(name); }
    NodeId find(std::string_view name) const { return numbers_.at(name); }  // one that is known
    const std::string& name(NodeId number) const { return names_[number]; }
    std::size_t size() const { return names_.size(); }

private:
    std::deque<std::string> names_;  // its elements never move
    std::unordered_map<std::string_view, NodeId> numbers_;
};

}  // namespace meshwarden::anomaly
