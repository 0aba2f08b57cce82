// Outgoing HTTP over libcurl: blocking, several requests together, bounded in time and size.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/error.hpp"
#include "model/time.hpp"

namespace meshwarden::io {

struct TlsOptions {
    std::string ca_file;    // PEM; empty: the system's
    std::string cert_file;  // client certificate and key, PEM
    std::string key_file;
    std::string server_name;
    bool insecure_skip_verify = false;
};

// How one server is reached. Secret files are read anew for every request, so that a rotated secret is taken up.
struct Endpoint {
    std::string url;  // base or whole; never logged: a webhook's URL is itself a secret
    Duration timeout = std::chrono::seconds(10);
    std::size_t max_body = 256u << 20;  // of an answer, after decompression
    std::string bearer_token_file;
    std::string username;
    std::string password_file;
    TlsOptions tls;
    std::vector<std::pair<std::string, std::string>> headers;
};

// Why no Endpoint can have this URL, as libcurl's parser says it; "" where one can.
std::string url_problem(const std::string& url);

struct Request {
    std::string method = "GET";
    std::string path;  // appended to the endpoint's url; may be empty
    std::string body;
    std::string content_type;
    std::vector<std::pair<std::string, std::string>> headers;
};

struct Response {
    int status = 0;
    std::string body;
    std::string retry_after;  // header, "" where absent
    Duration took{0};
};

// The first word of the error of a request that took longer than its endpoint's timeout.
inline constexpr std::string_view timeout_word = "timeout";

// Owned and used by one thread; keeps connections open between calls. Redirects are not followed. Proxies are those
// of the environment (http_proxy, no_proxy). A rule test answers in its place: every request passes through send_all.
class HttpClient {
public:
    HttpClient();
    virtual ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    // An error is a failure to get any whole answer (refused, timeout, cut off, too large, stopped); its text names
    // neither URL nor secret. Every status, 500 too, is an answer.
    Result<Response> send(const Endpoint& endpoint, const Request& request, std::stop_token stop = {});

    // All together; the answers stand in the order of the requests.
    virtual std::vector<Result<Response>> send_all(const Endpoint& endpoint, const std::vector<Request>& requests,
                                                   std::stop_token stop = {});

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// A secret from a file, without a trailing newline. The error names the file, never the content.
Result<std::string> read_secret(const std::string& file);

std::string form_encode(const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace meshwarden::io
