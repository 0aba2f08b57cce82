#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "io/http_client.hpp"
#include "tests/catch.hpp"
#include "tests/fakes/page_server.hpp"

using namespace meshwarden;
using fakes::PageAnswer;
using fakes::PageRequest;
using fakes::PageServer;

namespace {

// A private authority, a server certificate for prometheus.test and a client certificate, made by openssl.
class Certificates {
public:
    Certificates() {
        std::string name = (std::filesystem::temp_directory_path() / "meshwarden-tls-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        directory_ = name;
        run("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem");
        issue("server", "DNS:prometheus.test");
        issue("client", "DNS:client.test");
    }
    ~Certificates() { std::filesystem::remove_all(directory_); }

    std::string file(const std::string& name) const { return directory_ + "/" + name; }

private:
    void run(const std::string& command) const {
        REQUIRE(std::system(("cd " + directory_ + " && " + command + " >/dev/null 2>&1").c_str()) == 0);
    }
    void issue(const std::string& name, const std::string& alternative) const {
        run("openssl req -newkey rsa:2048 -nodes -subj /CN=" + name + " -keyout " + name + ".key -out " + name +
            ".csr");
        run("printf 'subjectAltName=" + alternative + "' > ext && openssl x509 -req -in " + name +
            ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out " + name + ".pem");
    }

    std::string directory_;
};

const Certificates& certificates() {
    static const Certificates made;
    return made;
}

}  // namespace

TEST_CASE("TLS with an authority of one's own and another server name") {
    const auto& files = certificates();
    std::string host;
    const PageServer server(
        [&](const PageRequest& request) {
            host = request.headers.at("host");
            return PageAnswer{200, "ok"};
        },
        fakes::ServerTls{files.file("server.pem"), files.file("server.key"), ""});
    io::HttpClient client;
    io::Endpoint endpoint;
    endpoint.url = server.url();
    SECTION("the authority and the name are right") {
        endpoint.tls.ca_file = files.file("ca.pem");
        endpoint.tls.server_name = "prometheus.test";
        const auto response = client.send(endpoint, {});
        REQUIRE(response);
        CHECK(response->body == "ok");
        CHECK(host == server.address());
    }
    SECTION("a name that the certificate does not have") {
        endpoint.tls.ca_file = files.file("ca.pem");
        endpoint.tls.server_name = "other.test";
        CHECK_FALSE(client.send(endpoint, {}));
    }
    SECTION("the address is not in the certificate") {
        endpoint.tls.ca_file = files.file("ca.pem");
        CHECK_FALSE(client.send(endpoint, {}));
    }
    SECTION("the system's authorities do not know ours") {
        endpoint.tls.server_name = "prometheus.test";
        CHECK_FALSE(client.send(endpoint, {}));
    }
    SECTION("unless nothing is checked") {
        endpoint.tls.insecure_skip_verify = true;
        CHECK(client.send(endpoint, {}));
    }
}

TEST_CASE("a client certificate") {
    const auto& files = certificates();
    const PageServer server([](const PageRequest&) { return PageAnswer{200, "ok"}; },
                            fakes::ServerTls{files.file("server.pem"), files.file("server.key"), files.file("ca.pem")});
    io::HttpClient client;
    io::Endpoint endpoint;
    endpoint.url = server.url();
    endpoint.tls.ca_file = files.file("ca.pem");
    endpoint.tls.server_name = "prometheus.test";
    CHECK_FALSE(client.send(endpoint, {}));
    endpoint.tls.cert_file = files.file("client.pem");
    endpoint.tls.key_file = files.file("client.key");
    CHECK(client.send(endpoint, {}));
}
