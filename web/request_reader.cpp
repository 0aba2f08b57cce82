#include "web/request_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace meshwarden::web {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

constexpr std::size_t longest_target = 8'192;
constexpr int most_fields = 100;

Method method_of(http::verb verb) {
    switch (verb) {
        case http::verb::get: return Method::get;
        case http::verb::head: return Method::head;
        case http::verb::post: return Method::post;
        case http::verb::delete_: return Method::del;
        default: return Method::other;
    }
}

// What one byte of a header may not be, after the byte before it.
const char* flaw_of(char before, char byte) {
    if (byte == '\n' && before != '\r') return "a line ends without a carriage return";
    if (before == '\r' && byte != '\n') return "a carriage return stands within a line";
    if (before == '\n' && (byte == ' ' || byte == '\t')) return "a header line is folded";
    const auto code = static_cast<unsigned char>(byte);
    const bool is_control = code < 0x20 && byte != '\r' && byte != '\n' && byte != '\t';
    return is_control || code == 0x7f ? "a control character stands in the header" : nullptr;
}

bool is_host(std::string_view text) {
    return std::ranges::all_of(text, [](unsigned char c) {
        return std::isalnum(c) || std::string_view("-._~:[]%").find(char(c)) != std::string_view::npos;
    });
}

}  // namespace

struct RequestReader::Parser {
    http::request_parser<http::string_body> beast;
};

RequestReader::RequestReader(std::size_t max_header, std::size_t max_body)
    : max_header_(max_header), max_body_(max_body) {}
RequestReader::~RequestReader() = default;

void RequestReader::next() {
    request = {};
    parser_.reset();
    scanned_ = 0;
    is_continued_ = false;
}

RequestReader::State RequestReader::refuse(int status, std::string_view detail) {
    refusal = problem(status, detail);
    add_security_headers(refusal);
    keep_alive = false;
    return State::refused;
}

RequestReader::State RequestReader::read(std::string& bytes) {
    if (!parser_) {
        if (const auto state = read_header(bytes); state != State::whole) return state;
    }
    return read_body(bytes);
}

// The length of the header, 0 while its end has not come. Looks at every byte once.
std::size_t RequestReader::scan(std::string_view bytes) {
    for (; scanned_ < bytes.size() && scanned_ <= max_header_; ++scanned_) {
        const char byte = bytes[scanned_];
        flaw_ = flaw_of(scanned_ > 0 ? bytes[scanned_ - 1] : '\0', byte);
        if (flaw_) return 0;
        if (byte == '\n' && bytes.substr(0, scanned_ + 1).ends_with("\r\n\r\n")) return scanned_ + 1;
    }
    return 0;
}

// `whole`: the header is.
RequestReader::State RequestReader::read_header(std::string& bytes) {
    while (scanned_ == 0 && bytes.starts_with("\r\n")) bytes.erase(0, 2);
    if (bytes == "\r") return State::incomplete;
    const auto end = scan(bytes);
    if (flaw_) return refuse(400, fmt::format("this is not HTTP/1.1: {}", flaw_));
    if (scanned_ > longest_target && bytes.find("\r\n") > longest_target)
        return refuse(414, fmt::format("the request target is longer than {} bytes", longest_target));
    if (scanned_ > max_header_) return refuse(431, fmt::format("the header is longer than {} bytes", max_header_));
    if (end == 0) return State::incomplete;
    const auto state = take_header(std::string_view(bytes).substr(0, end));
    bytes.erase(0, end);
    return state;
}

RequestReader::State RequestReader::take_header(std::string_view header) {
    parser_ = std::make_unique<Parser>();
    auto& parser = parser_->beast;
    parser.header_limit(std::uint32_t(max_header_ + 1));
    parser.body_limit(max_body_);
    parser.eager(true);
    error_code error;
    parser.put(boost::asio::buffer(header.data(), header.size()), error);
    if (error == http::error::body_limit)
        return refuse(413, fmt::format("the body is longer than {} bytes", max_body_));
    if (error == http::error::bad_version) return refuse(505, "this server speaks HTTP/1.1 and HTTP/1.0");
    if (error && error != http::error::need_more) return refuse(400, "this is not HTTP/1.1: " + error.message());
    return check_fields();
}

RequestReader::State RequestReader::check_fields() {
    const auto& message = parser_->beast.get();
    const auto number_of = [&](http::field name) {
        const auto [first, last] = message.equal_range(name);
        return std::distance(first, last);
    };
    knows_chunks = message.version() >= 11;
    keep_alive = message.keep_alive();
    if (std::distance(message.begin(), message.end()) > most_fields)
        return refuse(431, fmt::format("there are more than {} header fields", most_fields));
    if (number_of(http::field::host) > 1 || (knows_chunks && number_of(http::field::host) == 0))
        return refuse(400, "a request needs exactly one Host header");
    const auto host = message[http::field::host];
    if (!is_host({host.data(), host.size()})) return refuse(400, "the Host header names no host");
    const auto length = message[http::field::content_length];
    if (number_of(http::field::content_length) > 1 || length.find_first_not_of("0123456789") != length.npos)
        return refuse(400, "Content-Length is not one number");
    if (const auto coding = message.find(http::field::transfer_encoding); coding != message.end()) {
        if (number_of(http::field::content_length) > 0 || !knows_chunks)
            return refuse(400, "Transfer-Encoding may stand neither beside Content-Length nor in HTTP/1.0");
        if (number_of(http::field::transfer_encoding) > 1 || !beast::iequals(coding->value(), "chunked"))
            return refuse(501, "the only Transfer-Encoding known here is chunked");
    }
    const auto expect = message[http::field::expect];
    if (!expect.empty() && !beast::iequals(expect, "100-continue"))
        return refuse(417, "the only expectation known here is 100-continue");
    copy_fields();
    return State::whole;
}

// Before the body, so that what a chunked body appends as trailers is no header.
void RequestReader::copy_fields() {
    const auto& message = parser_->beast.get();
    request.method = method_of(message.method());
    const auto target = message.target();
    if (!parse_target({target.data(), target.size()}, request)) request.path.clear();
    for (const auto& field : message) {
        std::string name(field.name_string().data(), field.name_string().size());
        for (auto& c : name) c = c >= 'A' && c <= 'Z' ? char(c + 'a' - 'A') : c;
        request.headers.emplace_back(std::move(name), std::string(field.value().data(), field.value().size()));
    }
}

RequestReader::State RequestReader::read_body(std::string& bytes) {
    auto& parser = parser_->beast;
    while (!parser.is_done() && !bytes.empty()) {
        error_code error;
        bytes.erase(0, parser.put(boost::asio::buffer(bytes), error));
        if (error == http::error::need_more) break;
        if (error == http::error::body_limit)
            return refuse(413, fmt::format("the body is longer than {} bytes", max_body_));
        if (error) return refuse(400, "this is not HTTP/1.1: " + error.message());
    }
    if (parser.is_done()) {
        request.body = std::move(parser.get().body());
        return State::whole;
    }
    if (bytes.size() > max_header_) return refuse(400, "a chunk's header is too long");
    const bool waits = !is_continued_ && bytes.empty() && parser.get().body().empty() &&
                       !parser.get()[http::field::expect].empty();
    is_continued_ = true;
    return waits ? State::wants_continue : State::incomplete;
}

}  // namespace meshwarden::web
