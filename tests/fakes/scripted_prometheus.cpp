#include "tests/fakes/scripted_prometheus.hpp"

#include <algorithm>
#include <cstdio>

namespace meshwarden::fakes {
namespace {

std::string field(const std::string& form, const std::string& name) {
    const auto begin = ("&" + form).find("&" + name + "=");
    if (begin == std::string::npos) return {};
    const std::string text = form.substr(begin + name.size() + 1, form.find('&', begin) - begin - name.size() - 1);
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            out += char(std::stoi(text.substr(i + 1, 2), nullptr, 16));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

PageAnswer json(std::string body) {
    return {200, std::move(body), {{"Content-Type", "application/json"}}};
}

}  // namespace

ScriptedPrometheus::ScriptedPrometheus() : server_([this](const PageRequest& request) { return handle(request); }) {}

void ScriptedPrometheus::set_time(double seconds) {
    const std::lock_guard lock(mutex_);
    time_ = seconds;
}

void ScriptedPrometheus::answer(const std::string& prefix, Answer answer) {
    const std::lock_guard lock(mutex_);
    answers_[prefix] = std::move(answer);
}

void ScriptedPrometheus::answer(const std::string& prefix, std::string body) {
    answer(prefix, [body = std::move(body)](double) { return json(body); });
}

void ScriptedPrometheus::targets(std::string body) {
    const std::lock_guard lock(mutex_);
    targets_ = std::move(body);
}

void ScriptedPrometheus::evaluate(Evaluate evaluate) {
    const std::lock_guard lock(mutex_);
    evaluate_ = std::move(evaluate);
}

std::vector<std::string> ScriptedPrometheus::queries() const {
    const std::lock_guard lock(mutex_);
    return queries_;
}

int ScriptedPrometheus::asked(const std::string& prefix) const {
    const auto all = queries();
    return int(std::ranges::count_if(all, [&](const std::string& query) { return query.starts_with(prefix); }));
}

PageAnswer ScriptedPrometheus::handle(const PageRequest& request) {
    Answer chosen;
    Evaluate evaluate;
    std::string query;
    double time = 0;
    {
        const std::lock_guard lock(mutex_);
        if (request.path.starts_with("/api/v1/targets")) return json(targets_);
        query = field(request.body, "query");
        const std::string at = field(request.body, "time");
        time = at.empty() ? time_ : std::stod(at);
        queries_.push_back(query);
        for (const auto& [prefix, answer] : answers_)
            if (query.starts_with(prefix)) chosen = answer;  // in rising order: the longest comes last
        if (!chosen && query == "time()") {
            char text[128];
            std::snprintf(text, sizeof(text),
                          R"({"status":"success","data":{"resultType":"scalar","result":[%.3f,"%.3f"]}})", time_,
                          time_);
            return json(text);
        }
        evaluate = evaluate_;
    }
    if (chosen) return chosen(time);
    if (evaluate) return evaluate(query, time);
    return json(R"({"status":"success","data":{"resultType":"vector","result":[]}})");
}

}  // namespace meshwarden::fakes
