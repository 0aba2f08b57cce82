#pragma once

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

struct Options {
    std::string address = "127.0.0.1";
    unsigned short port = 20011;        // 0: any free one
    std::string external_url;
    std::vector<Token> tokens;          // none: no authentication, only on loopback unless insecure_no_auth
    bool insecure_no_auth = false;
    std::string kiali, traces, grafana;  // link templates over the labels: {{ destination_service }}
    std::size_t max_connections = 4'096;
    std::size_t max_header = 16u << 10;
    std::size_t max_body = 64u << 10;
    Duration header_timeout = std::chrono::seconds(10);
    Duration idle_timeout = std::chrono::seconds(60);
};

}  // namespace meshwarden::web
