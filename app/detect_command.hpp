// meshwarden detect: the topology baseline over a file of edge rows. JSON lines on stdout; the exit code of
// commands.hpp.
#pragma once

#include <string>

namespace meshwarden::app {

struct DetectOptions {
    std::string rows;             // a path, plain or gzip; "-": stdin
    std::string interval = "5m";  // length of one interval, 1s to 1h
    double budget = 5;            // prints what comes up at most this often a day, by the stream's own history
    bool all = false;             // prints every candidate
    std::string scores;           // a file: one float32 a row, larger = odder; empty: none
};

int detect(const DetectOptions& options);

}  // namespace meshwarden::app
