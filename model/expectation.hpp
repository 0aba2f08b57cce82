// What an operator says of edges: that they are expected, or are not, why, and until when. Immutable values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/matcher.hpp"
#include "model/time.hpp"

namespace meshwarden {

struct Expectation {
    std::string id;
    bool expected = true;
    std::vector<std::string> match_text;  // as given
    Matchers match;                       // all of them, on the labels of an edge; never empty
    std::string owner;                    // who answers for it
    std::string note;                     // why
    Time created_at;
    std::string created_by;
    std::optional<Time> expires_at;
    std::optional<Time> ended_at;  // withdrawn
    std::string ended_by;

    bool holds(Time at) const {
        return created_at <= at && !(expires_at && *expires_at <= at) && !(ended_at && *ended_at <= at);
    }
};

using Expectations = std::vector<Expectation>;  // the oldest first

// With `match` read from its text. The error says what nobody may say: of no edge, of every edge, without a reason, or
// of what is past.
Result<Expectation> checked(Expectation said, Time now);

// The newest that speaks of an edge with these labels: it overrules the others. Null: none does.
const Expectation* speaks_of(const Expectations& expectations, const Labels& labels);

}  // namespace meshwarden
