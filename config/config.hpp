// The one configuration: read from YAML, checked whole, every problem reported at once with file, line and path.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "anomaly/options.hpp"
#include "collector/options.hpp"
#include "config/problem.hpp"
#include "config/written.hpp"
#include "incidents/store.hpp"
#include "model/rule.hpp"
#include "model/signal.hpp"
#include "notify/options.hpp"
#include "web/options.hpp"

namespace meshwarden::config {

struct Owner {
    std::vector<std::string> match_text;
    Matchers match;
    std::string team;
    std::string runbook_url;
};

struct Config {
    std::string instance = "meshwarden";
    std::vector<collector::Options> prometheus;
    web::Options web;
    std::string storage_url = "sqlite:meshwarden.db";
    Duration retention = std::chrono::hours(24 * 90);
    std::uint64_t max_size = 2ull << 30;
    std::string root_namespace = "istio-system";
    anomaly::Options anomaly;
    incidents::Options incidents;  // routes included
    notify::Options notify;        // targets included
    std::vector<Owner> owners;
    std::string heartbeat_target;
    Duration heartbeat_interval = std::chrono::minutes(5);
    std::string log_level = "info";
    std::string log_format = "logfmt";
    std::vector<SignalSpec> signals;  // the shipped ones, then the extra files'
    std::vector<RuleSpec> rules;      // the same; `overrides` applied
    Written written;                  // what the file and those that it names say
};

struct Loaded {
    Config config;
    std::vector<Problem> problems;  // the configuration is good only where this is empty
};

// Reads the file and the signal and rule files it names (relative to it).
Loaded load(const std::string& file);

// The shipped signals and rules, without any file.
Loaded shipped();

// One file of any kind, told by its top-level key: prometheus, signals, groups. Cross-references into the shipped
// signals are checked.
std::vector<Problem> check(const std::string& file);
// Several: rule files may use the signals of the signal files beside them.
std::vector<Problem> check(const std::vector<std::string>& files);

std::string default_file();     // YAML with every key, its default and its sentence
std::string reference_page();   // Markdown

}  // namespace meshwarden::config
