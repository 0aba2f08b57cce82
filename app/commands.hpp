// The commands of the program, one function each. Results go to stdout, all else to stderr. They return the exit code:
// 0 good, 1 a problem was found, 2 wrong usage, 3 could not run.
#pragma once

#include <string>
#include <vector>

namespace meshwarden::app {

enum class Format { text, json, dot, graphml };  // the last two: of graphs only

// Times as a person writes them: RFC 3339, seconds since the epoch, or a duration ("7d").
struct TopologyRequest {
    std::string at;    // "": as saved last; a duration: that long ago
    std::string diff;  // "": no difference
    bool cross_namespace = false;
};

struct ExpectRequest {
    std::vector<std::string> matchers;  // none: lists what is expected
    std::string owner;                  // "": the user
    std::string note;
    std::string expires;  // "": never; a duration: from now on
    bool unexpected = false;
    bool all = false;      // lists also what no longer holds
    std::string withdraw;  // an id
};

struct DoctorRequest {
    std::string url;          // of one Prometheus, all else as shipped; "": those of the file
    std::string config_file;
};

struct BacktestRequest {
    std::string url;          // as of doctor
    std::string config_file;
    std::string from;
    std::string to;
    std::string step;  // "": three scrape intervals
};

int run(const std::string& config_file);
int check(const std::vector<std::string>& files, Format format);
int test(const std::vector<std::string>& files, Format format);
int doctor(const DoctorRequest& request, Format format);
int backtest(const BacktestRequest& request, Format format);
int verify(const std::string& database, const std::string& expected_head, Format format);
int backup(const std::string& database, const std::string& file, Format format);
int notify_test(const std::string& config_file, const std::string& target, Format format);
int notify_dry_run(const std::string& config_file, const std::string& incident, Format format);
int topology(const std::string& config_file, const TopologyRequest& request, Format format);
int expect(const std::string& config_file, const ExpectRequest& request, Format format);
int print_defaults();
int print_reference();
int print_version(Format format);

}  // namespace meshwarden::app
