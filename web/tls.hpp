// TLS of our own listener: certificate, key, and the authority whose clients alone may connect. One thread at a time.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "model/error.hpp"
#include "web/file_mark.hpp"
#include "web/options.hpp"

namespace boost::asio::ssl {
class context;
}

namespace meshwarden::web {

class Tls {
public:
    // Fails with a sentence that names the key of the configuration and its file.
    static Result<std::unique_ptr<Tls>> load(TlsFiles files);
    ~Tls();

    boost::asio::ssl::context& context() { return *context_; }

    // Reads the files again where they have changed since they were last read. An error leaves what held before; it
    // is given once, not at every call until the files change again.
    Result<void> refresh();

private:
    using Marks = std::array<FileMark, 3>;

    explicit Tls(TlsFiles files);
    Marks marks() const;

    TlsFiles files_;
    Marks read_;
    std::unique_ptr<boost::asio::ssl::context> context_;
};

}  // namespace meshwarden::web
