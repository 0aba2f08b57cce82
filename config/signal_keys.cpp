// The table of a signal file.
#include <algorithm>

#include <fmt/format.h>

#include "config/codecs.hpp"
#include "config/draft.hpp"

namespace meshwarden::config {

namespace {

// Quotes and brackets close; the rest is for Prometheus to say.
bool balanced(const std::string& query) {
    std::string open;
    char quote = 0;
    for (std::size_t i = 0; i < query.size(); ++i) {
        const char c = query[i];
        if (quote != 0) {
            i += c == '\\' && quote != '`' ? 1 : 0;
            quote = c == quote ? 0 : quote;
        } else if (c == '"' || c == '\'' || c == '`') {
            quote = c;
        } else if (c == '(' || c == '{' || c == '[') {
            open += c == '(' ? ')' : c == '{' ? '}' : ']';
        } else if (c == ')' || c == '}' || c == ']') {
            if (open.empty() || open.back() != c) {
                return false;
            }
            open.pop_back();
        }
    }
    return quote == 0 && open.empty();
}

// `selector`: only NAME{...}, since samples of a range are asked for.
Codec<std::string> query(bool selector) {
    const std::string type = selector ? "a selector such as NAME{label=\"value\"}" : "a PromQL expression";
    auto read = [=](const Value& value, std::string& target) {
        std::string given;
        text().read(value, given);
        const auto after_name = given.find_first_not_of(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:");
        const bool is_selector = after_name == std::string::npos || (given[after_name] == '{' && given.back() == '}');
        if (given.empty() || !balanced(given) || (selector && !is_selector)) {
            return value.expected(type + " with quotes and brackets closed");
        }
        target = given;
    };
    return {type, read, scalar_yaml, nullptr};
}

Keys<Fix> fix_keys() {
    return {
        key<Fix>("text", &Fix::text, text(), "What is missing and what to set, for a person."),
        key<Fix>("yaml", &Fix::yaml, text(16u << 10), "The patch."),
    };
}

Keys<SignalPart> part_keys() {
    using P = SignalPart;
    return {
        key<P>("selector", &P::selector, query(true),
               "What to ask for. histogram_tail: the family's name without suffix."),
        key<P>("bucket", &P::bucket, text(40), "histogram_tail: `le` of the bucket that is taken off the count."),
        key<P>("base", &P::base, query(true), "ratio: the denominator; stalled: the counter that ought to follow."),
        key<P>("gate", &P::gate, query(true), "stalled: a gauge; judged only while its sum is above 0."),
        key<P>("labels", &P::labels, label_rules(),
               "Our labels. Each is a label of theirs, `LABEL: EXTRACTION` (host, namespace, port of a cluster name; "
               "workload of a pod name), `{label: X, match: REGEX}`, `{constant: TEXT}`, or a list of which the first "
               "known one counts."),
        key<P>("reporters", &P::reporters,
               words(choice<std::string>(
                   {{"destination", "destination"}, {"waypoint", "waypoint"}, {"source", "source"}})),
               "Which reporters count, in order, where the metric has them; none: all."),
        key<P>("live", &P::live, query(false),
               "PromQL, one element for each target that carries the family; none: the selector."),
        key<P>("expected", &P::expected, query(false),
               "PromQL, one element for each target that ought to; none: whatever `live` finds."),
        key<P>("on_demand", &P::on_demand, flag(),
               "Targets create the family with its first event: one that lacks it is idle, unless all do."),
        key<P>("fix", &P::fix, map_of(fix_keys()), "What to set where the signal cannot be seen."),
    };
}

const std::vector<std::pair<std::string, SignalKind>> signal_kinds = {
    {"counter", SignalKind::counter}, {"gauge", SignalKind::gauge}, {"histogram_tail", SignalKind::histogram_tail},
    {"ratio", SignalKind::ratio},     {"drop", SignalKind::drop},   {"stalled", SignalKind::stalled},
};

// Which of bucket, base and gate belong to which kind.
void check_part(const Value& value, SignalKind kind, const SignalPart& part) {
    const bool wants_base = kind == SignalKind::ratio || kind == SignalKind::stalled;
    const auto demand = [&](const std::string& name, bool given, bool wanted, const std::string& whose) {
        const auto path = value.path + "." + name;
        if (given && !wanted) {
            value.reader.complain(path, "belongs only to kind " + whose);
        } else if (!given && wanted) {
            value.reader.complain(path, "missing, but required for kind " + whose);
        }
    };
    demand("bucket", !part.bucket.empty(), kind == SignalKind::histogram_tail, "histogram_tail");
    demand("base", !part.base.empty(), wants_base, "ratio and stalled");
    if (!part.gate.empty() && kind != SignalKind::stalled) {
        value.reader.complain(value.path + ".gate", "belongs only to kind stalled");
    }
    const bool written = std::ranges::find(value.node.keys, "selector", &Node::Key::text) != value.node.keys.end();
    if (part.selector.empty() && !written) {
        value.reader.complain(value.path + ".selector", "missing, but required");
    }
}

// `parts` comes last in the table: what stands beside it is what each part begins with.
Key<SignalSpec> parts_key() {
    const auto read = [](const Value& value, SignalSpec& signal) {
        const SignalPart common = signal.parts.at(0);
        if (value.node.kind != Node::Kind::list || value.node.values.empty()) {
            return value.expected("a list of at least one part");
        }
        list_of_maps(part_keys(), common).read(value, signal.parts);
    };
    const auto doc = [](const SignalSpec&) {
        return KeyDoc{"parts", "list of maps",
                      "Several selectors that show one signal; each has the keys of the signal itself (selector to "
                      "fix), which are its defaults.",
                      "[]", false, false, {}};
    };
    return {"parts", false, read, doc};
}

void check_signal(const Value& value, const SignalSpec& signal) {
    bool in_parts = false;
    for (std::size_t i = 0; value.node.kind == Node::Kind::map && i < value.node.keys.size(); ++i) {
        if (value.node.keys[i].text == "parts") {
            const auto list = value.child(i);
            in_parts = true;
            for (std::size_t part = 0; part < list.node.values.size() && part < signal.parts.size(); ++part) {
                check_part(list.child(part), signal.kind, signal.parts[part]);
            }
            break;
        }
    }
    if (!in_parts) {
        check_part(value, signal.kind, signal.parts.at(0));
    }
}

}  // namespace

Keys<SignalSpec> signal_keys() {
    using S = SignalSpec;
    Keys<S> keys = {
        required(key<S>("name", &S::name, word(), "Its name; rules refer to it.")),
        key<S>("kind", &S::kind, choice<SignalKind>(signal_kinds), "How samples become a value."),
        key<S>("interval", &S::interval, auto_or_duration(std::chrono::seconds(1), std::chrono::hours(1)),
               "How often to ask; `auto`: at every tick."),
        key<S>("over", &S::over, duration(std::chrono::minutes(1), std::chrono::hours(24 * 7)),
               "drop: how far back the maximum reaches."),
        key<S>("edges", &S::edges, flag(), "Read for the topology only."),
    };
    const auto first = [](auto& signal) -> auto& { return signal.parts.at(0); };
    for (const auto& part_key : part_keys()) {
        keys.push_back({part_key.name, part_key.required,
                        [=](const Value& value, S& signal) { part_key.read(value, first(signal)); },
                        [=](const S& signal) { return part_key.describe(first(signal)); }});
    }
    keys.push_back(parts_key());
    return keys;
}

const Keys<SignalFile>& signal_file_keys() {
    static const Keys<SignalFile> keys = [] {
        SignalSpec prototype;
        prototype.parts.resize(1);
        const auto signals = list_of_maps<SignalSpec>(signal_keys(), prototype, check_signal);
        return Keys<SignalFile>{required(key<SignalFile>("signals", &SignalFile::signals, signals, "Signals."))};
    }();
    return keys;
}

}  // namespace meshwarden::config
