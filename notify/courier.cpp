#include "notify/courier.hpp"

#include <thread>

#include "notify/metrics.hpp"
#include "notify/round.hpp"

namespace meshwarden::notify {

struct Courier::Impl {
    Options options;
    Office office;
    std::vector<std::unique_ptr<Round>> rounds;
    std::vector<std::jthread> threads;  // last: they end before anything that they use

    Impl(Options given, OpenStore open_store, const io::Clock& clock, prometheus::Registry& registry)
        : options(std::move(given)), office(options, std::move(open_store), clock, registry) {
        for (const auto& target : options.targets) rounds.push_back(std::make_unique<Round>(target, office));
        for (auto& round : rounds) threads.emplace_back([&round](std::stop_token stop) { round->run(stop); });
    }
};

Courier::Courier(Options options, OpenStore open_store, const io::Clock& clock, prometheus::Registry& registry)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(open_store), clock, registry)) {}

Courier::~Courier() {
    for (auto& thread : impl_->threads) thread.request_stop();
}

void Courier::wake() noexcept {
    for (auto& round : impl_->rounds) round->wake();
}

}  // namespace meshwarden::notify
