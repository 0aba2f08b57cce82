// The HTTP server: one thread on sockets, two handler threads with a Store connection each. Beast stays behind it.
//
// start, stop and the destructor belong to the owning thread; reconfigure and port to any while it runs, reconfigure to
// one at a time. Slow and half-open clients hold a
// socket and nothing else; at the limit the longest waiting one is closed in favour of the newcomer.
#pragma once

#include <memory>

#include "model/error.hpp"
#include "web/dependencies.hpp"
#include "web/options.hpp"

namespace meshwarden::web {

class Server {
public:
    // Listens when it returns. Fails on an address that is no IP address or cannot be bound, and on TLS files that
    // cannot be used.
    static Result<std::unique_ptr<Server>> start(Options options, Dependencies dependencies);

    ~Server();  // stops
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // New tokens, TLS files, links and address hold when it returns; an error leaves all as it was. Connections stay,
    // also those of an address that is left; the limits are those of the start.
    Result<void> reconfigure(Options options);

    unsigned short port() const;  // the one in fact bound
    void stop();                  // closes every connection, joins every thread; well under a second; may be repeated

private:
    class Implementation;
    explicit Server(std::unique_ptr<Implementation> implementation);
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace meshwarden::web
