// Label matchers as Alertmanager and Prometheus write them: name="value", !=, =~, !~ (RE2, anchored on both ends).
// Immutable after parse; matching is thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.hpp"
#include "model/labels.hpp"

namespace re2 {
class RE2;
}

namespace meshwarden {

class Matcher {
public:
    // Errors on a missing operator, bad quoting, a label name outside [a-zA-Z_][a-zA-Z0-9_]*, or a bad expression.
    static Result<Matcher> parse(std::string_view text);

    bool matches(const Labels& labels) const;  // an absent label counts as ""
    const std::string& name() const { return name_; }

private:
    enum class Operator { equal, not_equal, match, not_match };

    std::string name_;
    Operator operator_ = Operator::equal;
    std::string value_;
    std::shared_ptr<const re2::RE2> expression_;
};

using Matchers = std::vector<Matcher>;

bool all_match(const Matchers& matchers, const Labels& labels);  // true for no matchers

}  // namespace meshwarden
