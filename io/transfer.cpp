#include "io/transfer.hpp"

#include <cstring>

#include <fmt/format.h>

namespace meshwarden::io {
namespace {

std::size_t take(char* data, std::size_t, std::size_t size, void* user) {
    auto& transfer = *static_cast<Transfer*>(user);
    if (transfer.body.size() + size > transfer.max_body) {
        transfer.too_large = true;
        return 0;
    }
    transfer.body.append(data, size);
    return size;
}

bool append(CurlList& list, const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) return false;
    static_cast<void>(list.release());
    list.reset(longer);
    return true;
}

Result<void> add_header(Transfer& transfer, std::string_view name, std::string_view value) {
    constexpr std::string_view forbidden("\r\n\0", 3);
    if (name.empty() || name.find_first_of(forbidden) != name.npos || value.find_first_of(forbidden) != value.npos) {
        return fail("a request header is empty or has a line break in it");
    }
    // libcurl takes "Name;" for a header without a value.
    const bool added =
        append(transfer.headers, value.empty() ? fmt::format("{};", name) : fmt::format("{}: {}", name, value));
    if (!added) return fail("out of memory for a request header");
    return {};
}

Result<void> add_headers(Transfer& transfer, const Endpoint& endpoint, const Request& request) {
    append(transfer.headers, "Expect:");  // no round trip for 100-continue
    if (!request.content_type.empty()) {
        if (auto added = add_header(transfer, "Content-Type", request.content_type); !added) return added;
    }
    for (const auto* list : {&endpoint.headers, &request.headers}) {
        for (const auto& [name, value] : *list) {
            if (auto added = add_header(transfer, name, value); !added) return added;
        }
    }
    return {};
}

Result<void> set_credentials(Transfer& transfer, const Endpoint& endpoint) {
    if (!endpoint.bearer_token_file.empty()) {
        auto token = read_secret(endpoint.bearer_token_file);
        if (!token) return std::unexpected(token.error());
        return add_header(transfer, "Authorization", "Bearer " + *token);
    }
    if (endpoint.username.empty()) return {};
    std::string password;
    if (!endpoint.password_file.empty()) {
        auto secret = read_secret(endpoint.password_file);
        if (!secret) return std::unexpected(secret.error());
        password = *secret;
    }
    curl_easy_setopt(transfer.handle, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(transfer.handle, CURLOPT_USERNAME, endpoint.username.c_str());
    curl_easy_setopt(transfer.handle, CURLOPT_PASSWORD, password.c_str());
    return {};
}

struct UrlDeleter {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlDeleter>;

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return {};
    std::string copy(text);
    curl_free(text);
    return copy;
}

Result<Url> parse(const std::string& text) {
    Url url(curl_url());
    const auto code = curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0);
    if (code != CURLUE_OK) return fail(fmt::format("the URL is malformed: {}", curl_url_strerror(code)));
    const std::string scheme = part(url.get(), CURLUPART_SCHEME);
    if (scheme != "http" && scheme != "https") return fail("the URL must begin with http:// or https://");
    if (part(url.get(), CURLUPART_PORT) == "0") return fail("the URL has port 0");
    return url;
}

// The certificate is checked against, and SNI says, another name than the one we connect to: the URL gets that name,
// while the connection and the Host header keep the old one.
Result<void> set_server_name(Transfer& transfer, CURLU* url, const std::string& server_name) {
    const std::string host = part(url, CURLUPART_HOST);
    const std::string port = part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    const std::string shown = part(url, CURLUPART_PORT);
    if (curl_url_set(url, CURLUPART_HOST, server_name.c_str(), 0) != CURLUE_OK) {
        return fail("tls.server_name is not a host name");
    }
    append(transfer.connect_to, fmt::format("{}:{}:{}:{}", server_name, port, host, port));
    curl_easy_setopt(transfer.handle, CURLOPT_CONNECT_TO, transfer.connect_to.get());
    return add_header(transfer, "Host", shown.empty() ? host : host + ":" + shown);
}

Result<void> set_tls(Transfer& transfer, const TlsOptions& tls) {
    CURL* handle = transfer.handle;
    if (!tls.ca_file.empty()) {
        curl_easy_setopt(handle, CURLOPT_CAINFO, tls.ca_file.c_str());
        curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);  // only this authority, not the system's as well
    }
    if (!tls.cert_file.empty()) curl_easy_setopt(handle, CURLOPT_SSLCERT, tls.cert_file.c_str());
    if (!tls.key_file.empty()) curl_easy_setopt(handle, CURLOPT_SSLKEY, tls.key_file.c_str());
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, tls.insecure_skip_verify ? 0L : 1L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, tls.insecure_skip_verify ? 0L : 2L);
    return {};
}

Result<void> set_url(Transfer& transfer, const Endpoint& endpoint, const Request& request) {
    std::string text = endpoint.url;
    if (!request.path.empty() && request.path.front() == '/') {
        while (!text.empty() && text.back() == '/') text.pop_back();
    }
    text += request.path;
    auto parsed = parse(text);
    if (!parsed) return std::unexpected(parsed.error());
    const Url& url = *parsed;
    if (part(url.get(), CURLUPART_SCHEME) == "https" && !endpoint.tls.server_name.empty()) {
        if (auto set = set_server_name(transfer, url.get(), endpoint.tls.server_name); !set) return set;
    }
    curl_easy_setopt(transfer.handle, CURLOPT_URL, part(url.get(), CURLUPART_URL).c_str());
    return {};
}

void set_method(CURL* handle, const Request& request) {
    if (request.method == "GET") return;
    if (request.method == "HEAD") {
        curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
        return;
    }
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, request.body.c_str());
    if (request.method != "POST") curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void set_bounds(Transfer& transfer, const Endpoint& endpoint) {
    CURL* handle = transfer.handle;
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "meshwarden");
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(endpoint.timeout.count()));
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(endpoint.timeout.count()));
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &take);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
}

// libcurl's own error text may hold the host name, its code's general text does not.
std::string describe(const Transfer& transfer, CURLcode code) {
    if (transfer.too_large) return fmt::format("the answer is larger than {} bytes", transfer.max_body);
    if (code == CURLE_OPERATION_TIMEDOUT) return fmt::format("{}: no whole answer in time", timeout_word);
    long system_error = 0;
    curl_easy_getinfo(transfer.handle, CURLINFO_OS_ERRNO, &system_error);
    if (code == CURLE_COULDNT_CONNECT && system_error != 0) {
        return fmt::format("cannot connect: {}", std::strerror(static_cast<int>(system_error)));
    }
    return curl_easy_strerror(code);
}

}  // namespace

std::string url_problem(const std::string& url) {
    const auto parsed = parse(url);
    return parsed ? "" : parsed.error().message;
}

Result<void> prepare(Transfer& transfer, const Endpoint& endpoint, const Request& request) {
    curl_easy_reset(transfer.handle);
    transfer.max_body = endpoint.max_body;
    set_bounds(transfer, endpoint);
    set_method(transfer.handle, request);
    if (auto set = set_url(transfer, endpoint, request); !set) return set;
    if (auto set = add_headers(transfer, endpoint, request); !set) return set;
    if (auto set = set_credentials(transfer, endpoint); !set) return set;
    curl_easy_setopt(transfer.handle, CURLOPT_HTTPHEADER, transfer.headers.get());
    return set_tls(transfer, endpoint.tls);
}

Result<Response> finish(Transfer& transfer, CURLcode code) {
    if (code != CURLE_OK) return fail(describe(transfer, code));
    Response response;
    long status = 0;
    curl_easy_getinfo(transfer.handle, CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
    curl_off_t microseconds = 0;
    curl_easy_getinfo(transfer.handle, CURLINFO_TOTAL_TIME_T, &microseconds);
    response.took = Duration(microseconds / 1000);
    curl_header* header = nullptr;
    if (curl_easy_header(transfer.handle, "Retry-After", 0, CURLH_HEADER, -1, &header) == CURLHE_OK) {
        response.retry_after = header->value;
    }
    response.body = std::move(transfer.body);
    return response;
}

}  // namespace meshwarden::io
