#include "rehearsal/operations.hpp"

#include <algorithm>
#include <map>

namespace meshwarden::rehearsal {
namespace {

// The labels by which elements are grouped or matched; never the name, unless it is asked for.
Labels key_of(const Expression& expression, const Labels& labels) {
    if (!expression.excluded) return labels.only(expression.labels);
    Labels key = labels;
    key.set("__name__", "");
    for (const auto& label : expression.labels) key.set(label, "");
    return key;
}

double fold(const std::string& name, const std::vector<double>& values) {
    if (name == "count") return double(values.size());
    if (name == "group") return 1;
    if (name == "min") return std::ranges::min(values);
    if (name == "max") return std::ranges::max(values);
    double sum = 0;
    for (const double value : values) sum += value;
    return name == "avg" ? sum / double(values.size()) : sum;
}

bool holds(const std::string& name, double left, double right) {
    if (name == "==") return left == right;
    if (name == "!=") return left != right;
    if (name == ">") return left > right;
    if (name == "<") return left < right;
    return name == ">=" ? left >= right : left <= right;
}

double computed(const std::string& name, double left, double right) {
    if (is_comparison(name)) return holds(name, left, right) ? 1 : 0;
    if (name == "+") return left + right;
    if (name == "-") return left - right;
    return name == "*" ? left * right : left / right;
}

// One element and the other side's value; `shown`: what a comparison that filters lets through.
void put(const Expression& operation, const Labels& labels, double left, double right, double shown, Time at,
         Outcome& out) {
    const bool filters = is_comparison(operation.name) && !operation.as_number;
    if (filters && !holds(operation.name, left, right)) return;
    Labels kept = labels;
    if (!filters) kept.set("__name__", "");
    out.series.push_back({std::move(kept), {{at, filters ? shown : computed(operation.name, left, right)}}});
}

double value_of(const Stored& element) { return element.samples.back().value; }

Outcome set_operation(const Expression& operation, Outcome left, const Outcome& right) {
    std::map<Labels, bool> left_keys, right_keys;
    for (const auto& element : left.series) left_keys[key_of(operation, element.labels)] = true;
    for (const auto& element : right.series) right_keys[key_of(operation, element.labels)] = true;
    if (operation.name == "or") {
        for (const auto& element : right.series)
            if (!left_keys.contains(key_of(operation, element.labels))) left.series.push_back(element);
        return left;
    }
    std::erase_if(left.series, [&](const Stored& element) {
        return right_keys.contains(key_of(operation, element.labels)) != (operation.name == "and");
    });
    return left;
}

// Of a pair that matched: with `on` those labels alone, else all but the ignored ones.
Labels paired_labels(const Expression& operation, Labels labels) {
    if (!operation.excluded) return labels.only(operation.labels);
    for (const auto& label : operation.labels) labels.set(label, "");
    return labels;
}

Outcome paired(const Expression& operation, const Outcome& left, const Outcome& right, Time at) {
    std::map<Labels, const Stored*> others;
    for (const auto& element : right.series)
        if (!others.emplace(key_of(operation, element.labels), &element).second)
            throw Error{"many-to-one matching is not known"};
    Outcome out;
    for (const auto& element : left.series) {
        const auto other = others.find(key_of(operation, element.labels));
        if (other != others.end())
            put(operation, paired_labels(operation, element.labels), value_of(element), value_of(*other->second),
                value_of(element), at, out);
    }
    return out;
}

}  // namespace

Outcome aggregated(const Expression& aggregation, const Outcome& vector, Time at) {
    std::map<Labels, std::vector<double>> groups;
    for (const auto& element : vector.series) groups[key_of(aggregation, element.labels)].push_back(value_of(element));
    Outcome out;
    for (const auto& [labels, values] : groups) out.series.push_back({labels, {{at, fold(aggregation.name, values)}}});
    return out;
}

Outcome combined(const Expression& operation, Outcome left, Outcome right, Time at) {
    const bool set = is_set_operator(operation.name);
    if (left.kind == Outcome::Kind::matrix || right.kind == Outcome::Kind::matrix)
        throw Error{"a range where a value is expected"};
    const bool scalars = left.kind == Outcome::Kind::scalar && right.kind == Outcome::Kind::scalar;
    if (scalars && !set) return {Outcome::Kind::scalar, computed(operation.name, left.scalar, right.scalar)};
    if (left.kind == right.kind && !scalars)
        return set ? set_operation(operation, std::move(left), right) : paired(operation, left, right, at);
    if (set) throw Error{operation.name + " takes two vectors"};
    Outcome out;
    if (right.kind == Outcome::Kind::scalar) {
        for (const auto& element : left.series)
            put(operation, element.labels, value_of(element), right.scalar, value_of(element), at, out);
    } else {
        for (const auto& element : right.series)
            put(operation, element.labels, left.scalar, value_of(element), value_of(element), at, out);
    }
    return out;
}

}  // namespace meshwarden::rehearsal
