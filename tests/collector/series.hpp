// Answers for tests, written as labels and (seconds, value) pairs; they pass through the real parser.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "collector/prometheus_answer.hpp"
#include "tests/catch.hpp"

namespace meshwarden::collector {

struct TestSeries {
    Labels labels;
    std::vector<std::pair<double, double>> samples;
};

inline Time at(double seconds) {
    return from_epoch_seconds(seconds);
}

inline std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

inline std::string metric_json(const Labels& labels) {
    std::string out;
    for (const auto& [name, value] : labels) {
        out += fmt::format("{}{}:{}", out.empty() ? "" : ",", json_text(name), json_text(value));
    }
    return "{" + out + "}";
}

inline std::string matrix_json(const std::vector<TestSeries>& series) {
    std::string rows;
    for (const auto& one : series) {
        std::string values;
        for (const auto& [time, value] : one.samples)
            values += fmt::format("{}[{:.3f},\"{}\"]", values.empty() ? "" : ",", time, value);
        rows += fmt::format("{}{{\"metric\":{},\"values\":[{}]}}", rows.empty() ? "" : ",", metric_json(one.labels),
                            values);
    }
    return fmt::format(R"({{"status":"success","data":{{"resultType":"matrix","result":[{}]}}}})", rows);
}

inline std::string vector_json(const std::vector<TestSeries>& series) {
    std::string rows;
    for (const auto& one : series) {
        rows += fmt::format("{}{{\"metric\":{},\"value\":[{:.3f},\"{}\"]}}", rows.empty() ? "" : ",",
                            metric_json(one.labels), one.samples.back().first, one.samples.back().second);
    }
    return fmt::format(R"({{"status":"success","data":{{"resultType":"vector","result":[{}]}}}})", rows);
}

inline Answer matrix(const std::vector<TestSeries>& series) {
    return parse_answer(200, matrix_json(series), 1'000'000).value();
}

}  // namespace meshwarden::collector
