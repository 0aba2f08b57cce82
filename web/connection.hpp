// One client's connection, and the list of all of them. Everything here belongs to the thread of the sockets.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <list>
#include <memory>
#include <unordered_map>

#include "web/channel.hpp"
#include "web/routes.hpp"
#include "web/workers.hpp"

namespace meshwarden::web {

// Patience is counted in ticks of this length: thousands of connections need one timer.
inline constexpr Duration tick_length = std::chrono::milliseconds(100);

class Connection {
public:
    virtual ~Connection() = default;
    virtual void start() = 0;
    virtual void tick() = 0;   // a tick_length has passed
    virtual void close() = 0;  // at once; may be repeated
};

// Not an owner: a connection lives as long as something is under way for it, and enters and leaves by itself.
class Connections {
public:
    void add(Connection* connection);
    void remove(Connection* connection);
    void waits(Connection* connection);      // for its client: to the back of the queue
    void is_served(Connection* connection);  // leaves the queue
    std::size_t size() const { return places_.size(); }
    bool close_longest_waiting();  // false where none waits for its client
    void tick();
    void close_all();
    std::size_t streams = 0;

private:
    struct Place {
        bool is_waiting = false;
        std::list<Connection*>::iterator position;
    };
    std::unordered_map<Connection*, Place> places_;
    std::list<Connection*> queue_;
};

// What a connection hands its requests to; outlives it.
struct Service {
    const Options& limits;  // those of the start
    const Settings& settings;
    const Dependencies& dependencies;
    Authenticator& authenticator;
    Workers& workers;
    Connections& connections;
    boost::asio::any_io_executor executor;  // the thread of the sockets
};

std::shared_ptr<Connection> make_connection(std::unique_ptr<Channel> channel, Service& service);

}  // namespace meshwarden::web
