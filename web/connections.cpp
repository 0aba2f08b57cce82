#include "web/connection.hpp"

namespace meshwarden::web {

void Connections::add(Connection* connection) { places_.try_emplace(connection); }

void Connections::remove(Connection* connection) {
    is_served(connection);
    places_.erase(connection);
}

void Connections::waits(Connection* connection) {
    is_served(connection);
    const auto found = places_.find(connection);
    if (found == places_.end()) return;
    found->second = {true, queue_.insert(queue_.end(), connection)};
}

void Connections::is_served(Connection* connection) {
    const auto found = places_.find(connection);
    if (found == places_.end() || !found->second.is_waiting) return;
    queue_.erase(found->second.position);
    found->second.is_waiting = false;
}

bool Connections::close_longest_waiting() {
    if (queue_.empty()) return false;
    queue_.front()->close();
    return true;
}

void Connections::tick() {
    std::vector<Connection*> all;  // a tick may close, which takes the connection off the list but does not end it
    all.reserve(places_.size());
    for (const auto& [connection, place] : places_) all.push_back(connection);
    for (auto* connection : all) connection->tick();
}

void Connections::close_all() {
    while (!places_.empty()) places_.begin()->first->close();
}

}  // namespace meshwarden::web
