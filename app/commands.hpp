// The commands of the program, one function each. Results go to stdout, all else to stderr. They return the exit code:
// 0 good, 1 a problem was found, 2 wrong usage, 3 could not run.
#pragma once

#include <string>
#include <vector>

namespace meshwarden::app {

enum class Format { text, json };

int run(const std::string& config_file);
int check(const std::vector<std::string>& files, Format format);
int test(const std::vector<std::string>& files, Format format);
int verify(const std::string& database, const std::string& expected_head, Format format);
int backup(const std::string& database, const std::string& file, Format format);
int notify_test(const std::string& config_file, const std::string& target, Format format);
int notify_dry_run(const std::string& config_file, const std::string& incident, Format format);
int print_defaults();
int print_reference();
int print_version(Format format);

}  // namespace meshwarden::app
