#include "web/origin.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

namespace meshwarden::web {
namespace {

std::string_view authority(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == url.npos) return url;
    url.remove_prefix(scheme + 3);
    url = url.substr(0, url.find_first_of("/?#"));
    return url.substr(url.rfind('@') + 1);
}

std::string_view without_port(std::string_view authority) {
    const auto colon = authority.rfind(':');
    const bool in_brackets = colon != authority.npos && authority.find(']', colon) != authority.npos;
    return in_brackets ? authority : authority.substr(0, colon);
}

bool is_address(std::string_view host) {
    const bool six = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
    const std::string text(six ? host.substr(1, host.size() - 2) : host);
    unsigned char bytes[sizeof(in6_addr)];
    return inet_pton(six ? AF_INET6 : AF_INET, text.c_str(), bytes) == 1;
}

bool same_host(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

bool names_us(const Request& request, const Options& options) {
    const auto given = request.header("host");
    const auto host = without_port(given);
    const bool public_name = host.find('.') != host.npos;
    if (!public_name || is_address(host)) return true;
    return !options.external_url.empty() && same_host(host, without_port(authority(options.external_url)));
}

bool is_foreign(const Request& request, const Options& options) {
    const auto origin = request.header("origin");
    if (origin.empty()) return request.header("sec-fetch-site") == "cross-site";
    return authority(origin) != request.header("host") && authority(origin) != authority(options.external_url);
}

}  // namespace meshwarden::web
