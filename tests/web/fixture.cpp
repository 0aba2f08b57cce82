// web_fixture DATABASE [--tls CERT KEY CLIENT_CA] [NAME:ROLE:TOKEN_FILE...]: serves the sample on a free port until
// stdin ends. Prints the port; warnings go to stderr. An empty CLIENT_CA asks no client for a certificate.
#include <iostream>

#include "io/clock.hpp"
#include "tests/web/sample.hpp"
#include "web/server.hpp"

namespace {

using namespace meshwarden;

web::Token token(const std::string& text) {
    const auto first = text.find(':'), second = text.find(':', first + 1);
    const auto role = text.substr(first + 1, second - first - 1);
    return {text.substr(0, first),
            role == "admin" ? web::Role::admin : role == "write" ? web::Role::write : web::Role::read,
            text.substr(second + 1)};
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) return 2;
    tests::Sample sample;
    sample.now = io::SystemClock().now();
    sample.storage_url = std::string("sqlite:") + arguments[1];
    auto store = incidents::open_store(sample.storage_url);
    if (!store) return std::cerr << store.error().message << '\n', 3;
    sample.fill(**store);
    web::Options options;
    options.port = 0;
    options.kiali = "https://kiali.example/namespaces/{{ destination_namespace }}/services/{{ destination_service }}";
    int next = 2;
    if (count > 5 && std::string(arguments[2]) == "--tls") {
        options.tls = {arguments[3], arguments[4], arguments[5]};
        next = 6;
    }
    for (int i = next; i < count; ++i) options.tokens.push_back(token(arguments[i]));
    auto needs = sample.dependencies();
    needs.now = [] { return io::SystemClock().now(); };
    needs.warn = [](const std::string& sentence) { std::cerr << sentence << std::endl; };
    const auto server = web::Server::start(options, needs);
    if (!server) return std::cerr << server.error().message << '\n', 3;
    std::cout << (*server)->port() << std::endl;
    while (std::cin.get() != EOF) {
    }
}
