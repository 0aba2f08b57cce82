// What one table alone cannot see: names that must exist elsewhere, values that must fit together. Pure.
#pragma once

#include <string>
#include <vector>

#include "config/draft.hpp"

namespace meshwarden::config {

// `path`: of the rule in the reader's file. Rules read from a file and rules with overrides are checked alike.
void check_rule(const RuleSpec& rule, const std::vector<SignalSpec>& signals, Reader& reader, const std::string& path);

// Targets, routes, tokens, owners, heartbeat, links of the configuration file.
void check_config(const Config& config, Reader& reader);

// Credentials and certificates of Prometheus and the targets that contradict each other, or are given by half.
void check_endpoints(const Config& config, Reader& reader);

// Matchers of a label with a closed list of values (severity, kind, rule, alertname) that fit none of them.
void check_values(const std::vector<std::string>& match, const Config& config, const std::string& path, Reader& reader);

// Variables of a template "... {{ NAME }} ...", spaces trimmed; an unclosed {{ gives the name "{{".
std::vector<std::string> template_variables(const std::string& text);
void check_variable(const std::string& name, const std::vector<std::string>& known, Reader& reader,
                    const std::string& path);

// Every label that a rule on this signal may use.
std::vector<std::string> carried_labels(const SignalSpec& signal);

std::vector<std::string> names_of(const std::vector<SignalSpec>& signals);
std::vector<std::string> names_of(const std::vector<RuleSpec>& rules);

}  // namespace meshwarden::config
