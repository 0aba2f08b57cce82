// The table of a rule file.
#include "config/codecs.hpp"
#include "config/draft.hpp"

namespace meshwarden::config {

namespace {

Keys<RuleOverride> override_keys() {
    using O = RuleOverride;
    return {
        matchers<O>("match", &O::match_text, &O::match, "For which subjects."),
        required(key<O>("threshold", &O::threshold, number(0), "Their threshold.")),
    };
}

Keys<ShareLimit> share_keys() {
    using S = ShareLimit;
    return {
        required(key<S>("above", &S::above, number(0, 1), "The share, strict.")),
        key<S>("at_least", &S::at_least, number(0), "Judged only where the base is at least this much in the window."),
    };
}

Codec<std::optional<ShareLimit>> share() {
    auto read = [](const Value& value, std::optional<ShareLimit>& target) {
        ShareLimit limit;
        read_map(share_keys(), value, limit);
        target = limit;
    };
    const auto docs = [](const std::optional<ShareLimit>& limit) {
        return describe(share_keys(), limit.value_or(ShareLimit{}));
    };
    return {"map", read, nullptr, docs};
}

Codec<Severity> severity() {
    return choice<Severity>({{"critical", Severity::critical}, {"high", Severity::high}, {"medium", Severity::medium},
                             {"low", Severity::low}, {"info", Severity::info}});
}

}  // namespace

Keys<RuleSpec> rule_keys() {
    using R = RuleSpec;
    const Duration day = std::chrono::hours(24);
    return {
        required(key<R>("name", &R::name, word(), "Its name; part of an incident's identity.")),
        required(key<R>("signal", &R::signal, word(), "Name of the signal that it judges.")),
        key<R>("enabled", &R::enabled, flag(), "Judge it at all."),
        key<R>("by", &R::by, words(label_name()), "Labels that make the subject; every subject is judged alone."),
        key<R>("window", &R::window, duration(std::chrono::seconds(1), day),
               "What is summed. Never shorter than two scrape intervals; the threshold then scales with it."),
        key<R>("threshold", &R::threshold, number(0), "Fires when the value is above it (strict)."),
        key<R>("clear", &R::clear, optional_number(0), "Calm when the value is at most this; none: the threshold."),
        key<R>("share", &R::share, share(),
               "histogram_tail, ratio: fires also where the increments are this share of their base."),
        key<R>("for", &R::hold, duration(Duration{0}, day), "How long it must be so before it fires."),
        key<R>("keep_firing_for", &R::keep_firing_for, duration(Duration{0}, day),
               "How long it must be calm before it stops."),
        key<R>("unexplained_by", &R::unexplained_by, text(100),
               "A signal whose increments at the same place are taken off the value; empty: none."),
        key<R>("corroborated_by", &R::corroborated_by, text(100),
               "A signal of which the evidence says how much of the value it confirms; empty: none."),
        key<R>("learned", &R::learned, flag(),
               "Judged against what was seen so far (a new edge, a refused caller never seen before); threshold and "
               "for do not apply."),
        key<R>("quiet", &R::quiet, duration(std::chrono::seconds(1), day * 7),
               "learned: resolves after this long without another one."),
        key<R>("severity", &R::severity, severity(), "How bad."),
        key<R>("overrides", &R::overrides, list_of_maps(override_keys(), RuleOverride{}),
               "Other thresholds for some subjects; the first match counts."),
        matchers<R>("exclude", &R::exclude_text, &R::exclude, "Series that match all of these are not counted."),
        key<R>("summary", &R::summary, text(1000),
               "One sentence; `{{ value }}`, `{{ threshold }}`, `{{ window }}` and `{{ LABEL }}`, of `by`, are filled in."),
        key<R>("action", &R::action, text(1000), "What to do about it; filled in like `summary`."),
        key<R>("runbook_url", &R::runbook_url, text(), "Where more is written."),
        key<R>("technique", &R::techniques, words(word(), true), "MITRE ATT&CK techniques."),
    };
}

Keys<RuleGroup> group_keys() {
    return {
        required(key<RuleGroup>("name", &RuleGroup::name, word(), "Its name.")),
        required(key<RuleGroup>("rules", &RuleGroup::rules, list_of_maps(rule_keys(), RuleSpec{}), "Rules.")),
    };
}

const Keys<RuleFile>& rule_file_keys() {
    static const Keys<RuleFile> keys = {
        required(key<RuleFile>("groups", &RuleFile::groups, list_of_maps(group_keys(), RuleGroup{}), "Groups."))};
    return keys;
}

}  // namespace meshwarden::config
