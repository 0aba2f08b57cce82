// One HTTP/1.1 request after another out of the bytes of a client: no socket, no clock, one thread. Beast parses; what
// stands here refuses whatever two readers of the same bytes could understand differently (request smuggling), and
// bounds everything.
#pragma once

#include <memory>
#include <string>

#include "web/http.hpp"

namespace meshwarden::web {

class RequestReader {
public:
    enum class State { incomplete, wants_continue, whole, refused };

    RequestReader(std::size_t max_header, std::size_t max_body);
    ~RequestReader();

    // Takes what belongs to the request away from the front of `bytes`. Call again with more bytes after `incomplete`
    // and `wants_continue` (the client waits for "100 Continue" before it sends the body).
    State read(std::string& bytes);
    void next();  // forgets the request, for the next one

    Request request;           // once whole
    Response refusal;          // once refused; the connection is of no more use then
    bool keep_alive = false;   // once whole: the client may ask again
    bool knows_chunks = true;  // once whole: it speaks HTTP/1.1

private:
    struct Parser;
    State refuse(int status, std::string_view detail);
    State read_header(std::string& bytes);
    State read_body(std::string& bytes);
    State take_header(std::string_view header);
    State check_fields();
    void copy_fields();
    std::size_t scan(std::string_view bytes);

    const std::size_t max_header_;
    const std::size_t max_body_;
    std::unique_ptr<Parser> parser_;  // from the first header to the request's end
    std::size_t scanned_ = 0;         // bytes of the header looked at
    const char* flaw_ = nullptr;
    bool is_continued_ = false;
};

}  // namespace meshwarden::web
