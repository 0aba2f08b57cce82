#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "model/time.hpp"

namespace meshwarden::web {

enum class Role { read, write, admin };

struct Token {
    std::string name;
    Role role = Role::read;
    std::string token_file;
};

// PEM files; read again when they change.
struct TlsFiles {
    std::string cert_file;       // "": plain HTTP
    std::string key_file;
    std::string client_ca_file;  // "": clients need no certificate
};

struct Options {
    std::string address = "127.0.0.1";
    unsigned short port = 20011;        // 0: any free one
    std::string external_url;
    std::vector<Token> tokens;          // none: no authentication, only on loopback unless insecure_no_auth
    bool insecure_no_auth = false;
    TlsFiles tls;
    std::string kiali, traces, grafana;  // link templates over the labels: {{ destination_service }}
    // What follows holds from the start to the end of the process.
    std::size_t max_connections = 16'384;  // fewer where the limit of open files is lower
    std::size_t max_streams = 64;          // of server-sent events
    std::size_t max_header = 16u << 10;
    std::size_t max_body = 64u << 10;
    Duration request_timeout = std::chrono::seconds(10);  // from a request's first byte to its last; of a handshake
    Duration answer_timeout = std::chrono::seconds(30);   // until the client has taken the answer
    Duration idle_timeout = std::chrono::seconds(60);     // between two requests
    Duration stream_poll = std::chrono::milliseconds(500);  // how often a stream looks for new events
    Duration stream_silence = std::chrono::seconds(15);     // a stream without events says so this often
};

// The options of the moment: a reload replaces them whole. Thread-safe.
class Settings {
public:
    explicit Settings(Options options) : options_(std::make_shared<const Options>(std::move(options))) {}

    std::shared_ptr<const Options> get() const {
        const std::lock_guard lock(mutex_);
        return options_;
    }
    void set(Options options) {
        auto next = std::make_shared<const Options>(std::move(options));
        const std::lock_guard lock(mutex_);
        options_.swap(next);
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Options> options_;  // guarded by mutex_
};

}  // namespace meshwarden::web
