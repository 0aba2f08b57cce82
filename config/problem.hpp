// What is wrong with a file, said to the person who wrote it. A value.
#pragma once

#include <string>

namespace meshwarden::config {

struct Problem {
    std::string file;
    int line = 0;         // 1-based; 0 where the file as a whole is meant
    std::string path{};    // e.g. targets[0].slack.webhook_url_file; "" for the whole file
    std::string message;  // what, expected what, nearest known key; never a secret's value
    bool unreadable = false;  // the file could not be opened at all
};
std::string to_string(const Problem& problem);  // file:line: path: message

}  // namespace meshwarden::config
