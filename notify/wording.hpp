// The words that every kind of message shares: where, how much, how long, and what a person should know besides.
// Pure; the texts are as hostile as the labels they come from and are bounded and escaped by who shows them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/incident.hpp"
#include "notify/options.hpp"

namespace meshwarden::notify {

// The incident's page in the console; "" without an external_url.
std::string incident_url(const Options& options, const Incident& incident);

// "pay/ledger", "cluster: pay/ledger", or the principal; "" where that side is not known. `side`: source, destination.
std::string place(const Labels& labels, std::string_view side);
// The incident's source, or the largest of its sources and how many more there are; "" where none is known.
std::string source_of(const Notice& notice);
// place(source) where there is one, else the labels.
std::string describe(const TopSource& source);

std::string number(double value);              // without exponent below 1e15
std::string lasting(Duration duration);        // whole seconds: "1h30m"
std::string moment(Time time);                 // "2026-01-01 00:00:00 UTC"
std::string value_against_threshold(const Incident& incident);  // "40 (threshold 10) in 1m"

// "Resolved after 12m: it went quiet."
std::string resolution(const Notice& notice);
// Sentences on late, blind, flapping and reopened incidents.
std::vector<std::string> remarks(const Incident& incident);

}  // namespace meshwarden::notify
