// What the tables read into, before references between the parts are checked.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "config/keys.hpp"

namespace meshwarden::config {

struct Draft {
    Config config;
    std::vector<std::string> trust_domains = {"cluster.local"};
    std::vector<std::string> signal_files;  // resolved
    std::vector<std::string> rule_files;
    std::vector<std::pair<std::string, const Node*>> overrides;  // rule name; the nodes live in the document
};

struct RuleGroup {
    std::string name;
    std::vector<RuleSpec> rules;
};

// Tables; those of whole files are made once.
const Keys<Draft>& config_keys();
Keys<collector::Options> prometheus_keys();
Keys<web::Options> web_keys();
Keys<web::Options> link_keys();
Codec<std::vector<notify::Target>> target_list();
Keys<RuleSpec> rule_keys();
Keys<RuleGroup> group_keys();
Keys<SignalSpec> signal_keys();
Codec<std::vector<LabelRule>> label_rules();

// Parts of a file's top level.
struct SignalFile {
    std::vector<SignalSpec> signals;
};
struct RuleFile {
    std::vector<RuleGroup> groups;
};
const Keys<SignalFile>& signal_file_keys();
const Keys<RuleFile>& rule_file_keys();

struct RuleTestFile;
const Keys<RuleTestFile>& test_file_keys();

}  // namespace meshwarden::config
