#include "tests/fakes/prometheus_process.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <csignal>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace meshwarden::fakes {
namespace {

namespace fs = std::filesystem;

int free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ::bind(socket, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(socket);
    return ntohs(address.sin_port);
}

bool listening(int port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(std::uint16_t(port));
    const bool connected = ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    ::close(socket);
    return connected;
}

std::string configuration(const std::vector<ScrapeJob>& jobs, const std::string& interval) {
    std::string text =
        "global: {scrape_interval: " + interval + ", scrape_timeout: " + interval + "}\nscrape_configs:\n";
    for (const auto& job : jobs) {
        text += "- job_name: " + job.name + "\n  static_configs:\n";
        for (const auto& target : job.targets) {
            text += "  - targets: ['" + target.address + "']\n    labels: {";
            for (const auto& [name, value] : target.labels) text += name + ": '" + value + "', ";
            text += "}\n";
        }
    }
    return text;
}

void write(const fs::path& path, const std::string& text) {
    std::ofstream(path) << text;
}

}  // namespace

std::optional<std::string> PrometheusProcess::program() {
    if (const char* given = std::getenv("PROMETHEUS")) return given;
    std::string path = std::getenv("PATH") != nullptr ? std::getenv("PATH") : "";
    path += ":" MESHWARDEN_ROOT "/build/tools/usr/bin";
    for (std::size_t at = 0; at <= path.size();) {
        const auto end = std::min(path.find(':', at), path.size());
        const fs::path candidate = fs::path(path.substr(at, end - at)) / "prometheus";
        if (fs::exists(candidate)) return candidate.string();
        at = end + 1;
    }
    return std::nullopt;
}

PrometheusProcess::PrometheusProcess(std::vector<ScrapeJob> jobs, std::string interval, std::string web_config)
    : web_config_(std::move(web_config)) {
    std::string name = (fs::temp_directory_path() / "meshwarden-prometheus-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    directory_ = name;
    write(fs::path(directory_) / "prometheus.yml", configuration(jobs, interval));
    if (!web_config_.empty()) write(fs::path(directory_) / "web.yml", web_config_);
    port_ = free_port();
    start();
}

PrometheusProcess::~PrometheusProcess() {
    stop();
    fs::remove_all(directory_);
}

void PrometheusProcess::start() {
    const auto binary = program();
    if (!binary) throw std::runtime_error("no prometheus program");
    std::vector<std::string> arguments = {*binary,
                                          "--config.file=" + directory_ + "/prometheus.yml",
                                          "--storage.tsdb.path=" + directory_ + "/data",
                                          "--web.listen-address=127.0.0.1:" + std::to_string(port_),
                                          "--log.level=error"};
    if (!web_config_.empty()) arguments.push_back("--web.config.file=" + directory_ + "/web.yml");
    std::vector<char*> raw;
    for (auto& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    process_ = ::fork();
    if (process_ == 0) {
        const int log = ::open((directory_ + "/log").c_str(), O_CREAT | O_APPEND | O_WRONLY, 0600);
        ::dup2(log, 1);
        ::dup2(log, 2);
        ::execv(raw[0], raw.data());
        ::_exit(127);
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!listening(port_)) {
        if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("prometheus does not start");
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

void PrometheusProcess::stop() {
    if (process_ < 0) return;
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
}

std::string PrometheusProcess::url() const {
    return (web_config_.find("tls_server_config") == web_config_.npos ? "http://127.0.0.1:" : "https://127.0.0.1:") +
           std::to_string(port_);
}

}  // namespace meshwarden::fakes
