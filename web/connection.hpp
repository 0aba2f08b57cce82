// One client's connection, and the list of all of them. Everything here belongs to the thread of the sockets; Beast
// stays in connection.cpp.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <list>
#include <memory>
#include <unordered_map>

#include "web/routes.hpp"
#include "web/workers.hpp"

namespace meshwarden::web {

class Connection {
public:
    virtual ~Connection() = default;
    virtual void start() = 0;
    virtual void close() = 0;  // at once; may be repeated
};

// Not an owner: a connection lives as long as something is under way for it, and enters and leaves by itself.
class Connections {
public:
    void add(Connection* connection);
    void remove(Connection* connection);
    void waits(Connection* connection);      // no request of it is whole: to the back of the queue
    void is_served(Connection* connection);  // leaves the queue
    std::size_t size() const { return places_.size(); }
    bool close_longest_waiting();  // false where every connection is being served
    void close_all();

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
    const Options& options;
    Context& at_once;  // for routes that need no Store
    Workers& workers;
    Connections& connections;
};

std::shared_ptr<Connection> make_connection(boost::asio::ip::tcp::socket socket, Service& service);

}  // namespace meshwarden::web
