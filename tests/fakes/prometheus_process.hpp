// A real Prometheus for tests, in a directory of its own, on a free port; ends with the object.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace meshwarden::fakes {

struct ScrapeTarget {
    std::string address;  // host:port
    std::vector<std::pair<std::string, std::string>> labels = {};  // __metrics_path__ and instance too
};

struct ScrapeJob {
    std::string name;
    std::vector<ScrapeTarget> targets;
};

class PrometheusProcess {
public:
    // The program: $PROMETHEUS, else in PATH, else build/tools/usr/bin/prometheus; none where there is no such file.
    static std::optional<std::string> program();

    // `web_config`: content of --web.config.file, "" for none.
    PrometheusProcess(std::vector<ScrapeJob> jobs, std::string interval = "1s", std::string web_config = "");
    ~PrometheusProcess();
    PrometheusProcess(const PrometheusProcess&) = delete;
    PrometheusProcess& operator=(const PrometheusProcess&) = delete;

    void start();  // again, with the same data; waits until it is ready
    void stop();
    std::string url() const;
    const std::string& directory() const { return directory_; }

private:
    std::string directory_;
    std::string web_config_;
    int port_ = 0;
    pid_t process_ = -1;
};

}  // namespace meshwarden::fakes
