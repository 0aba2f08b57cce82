#include "model/finding.hpp"

namespace meshwarden {

Finding finding_of(const RuleSpec& rule, Labels subject, const Reached& reached) {
    Finding finding;
    finding.rule = rule.name;
    finding.severity = rule.severity;
    finding.value = reached.value;
    finding.threshold = reached.threshold;
    finding.window = reached.window;
    finding.summary = render_summary(rule.summary, reached, subject);
    finding.action = render_summary(rule.action, reached, subject);
    finding.runbook_url = rule.runbook_url;
    finding.techniques = rule.techniques;
    finding.labels = subject;
    finding.subject = std::move(subject);
    return finding;
}

}  // namespace meshwarden
