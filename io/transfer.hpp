// One request on one libcurl handle: its options, and what came back. Used by HttpClient only.
#pragma once

#include <memory>
#include <string>

#include <curl/curl.h>

#include "io/http_client.hpp"

namespace meshwarden::io {

struct CurlDeleter {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlHandle = std::unique_ptr<CURL, CurlDeleter>;
using CurlList = std::unique_ptr<curl_slist, CurlDeleter>;

// Must stay where it is while the handle is at work: libcurl holds pointers into it.
struct Transfer {
    CURL* handle = nullptr;  // not owned
    CurlList headers;
    CurlList connect_to;
    std::string body;
    std::size_t max_body = 0;
    bool too_large = false;
};

// Sets every option anew. Errors: unreadable secret, a header with a line break, a URL that is not http or https.
Result<void> prepare(Transfer& transfer, const Endpoint& endpoint, const Request& request);

// After the transfer ended with `code`.
Result<Response> finish(Transfer& transfer, CURLcode code);

}  // namespace meshwarden::io
