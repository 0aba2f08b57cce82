#include "io/http_client.hpp"

#include <stdexcept>

#include "io/transfer.hpp"

namespace meshwarden::io {
namespace {

struct MultiDeleter {
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};

void start_library() {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);  // thread-safe: a static's initialiser
    if (started != CURLE_OK) throw std::runtime_error("cannot start libcurl");
}

// How long a stop may go unseen.
constexpr int poll_milliseconds = 50;
constexpr long max_connections = 16;

}  // namespace

struct HttpClient::Impl {
    std::unique_ptr<CURLM, MultiDeleter> multi;
    std::vector<CurlHandle> handles;  // after `multi`: they are cleaned up before it

    CURL* handle(std::size_t index) {
        while (handles.size() <= index) {
            handles.emplace_back(curl_easy_init());
            if (!handles.back()) throw std::bad_alloc();
        }
        return handles[index].get();
    }

    std::vector<Result<Response>> run(std::vector<Transfer>& transfers, std::vector<Result<Response>> answers,
                                      std::size_t running, std::stop_token stop);
    void collect(std::vector<Transfer>& transfers, std::vector<Result<Response>>& answers, std::size_t& running);
};

HttpClient::HttpClient() {
    start_library();
    impl_ = std::make_unique<Impl>();
    impl_->multi.reset(curl_multi_init());
    if (!impl_->multi) throw std::bad_alloc();
    curl_multi_setopt(impl_->multi.get(), CURLMOPT_MAX_HOST_CONNECTIONS, max_connections);
    curl_multi_setopt(impl_->multi.get(), CURLMOPT_MAXCONNECTS, max_connections);
}

HttpClient::~HttpClient() = default;

void HttpClient::Impl::collect(std::vector<Transfer>& transfers, std::vector<Result<Response>>& answers,
                               std::size_t& running) {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const CURLcode code = message->data.result;
        CURL* done = message->easy_handle;
        for (std::size_t i = 0; i < transfers.size(); ++i) {
            if (transfers[i].handle != done) continue;
            answers[i] = finish(transfers[i], code);
            curl_multi_remove_handle(multi.get(), done);
            transfers[i].handle = nullptr;
            --running;
            break;
        }
    }
}

std::vector<Result<Response>> HttpClient::Impl::run(std::vector<Transfer>& transfers,
                                                    std::vector<Result<Response>> answers, std::size_t running,
                                                    std::stop_token stop) {
    while (running > 0 && !stop.stop_requested()) {
        int active = 0;
        if (curl_multi_perform(multi.get(), &active) != CURLM_OK) break;
        collect(transfers, answers, running);
        if (running > 0) curl_multi_poll(multi.get(), nullptr, 0, poll_milliseconds, nullptr);
    }
    for (std::size_t i = 0; i < transfers.size(); ++i) {
        if (transfers[i].handle == nullptr) continue;
        curl_multi_remove_handle(multi.get(), transfers[i].handle);
        answers[i] = fail(stop.stop_requested() ? "stopped before the answer came" : "the HTTP library failed");
    }
    return answers;
}

std::vector<Result<Response>> HttpClient::send_all(const Endpoint& endpoint, const std::vector<Request>& requests,
                                                   std::stop_token stop) {
    std::vector<Transfer> transfers(requests.size());
    std::vector<Result<Response>> answers(requests.size(), fail("not sent"));
    std::size_t running = 0;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        transfers[i].handle = impl_->handle(i);
        if (auto prepared = prepare(transfers[i], endpoint, requests[i]); !prepared) {
            answers[i] = std::unexpected(prepared.error());
            transfers[i].handle = nullptr;
            continue;
        }
        curl_multi_add_handle(impl_->multi.get(), transfers[i].handle);
        ++running;
    }
    return impl_->run(transfers, std::move(answers), running, stop);
}

Result<Response> HttpClient::send(const Endpoint& endpoint, const Request& request, std::stop_token stop) {
    auto answers = send_all(endpoint, {request}, stop);
    return std::move(answers.front());
}

}  // namespace meshwarden::io
