// Keeps the database in order beside the loops: resolves what is no longer configured, and erases what is too old or
// too much, in small steps so that no tick waits. run() belongs to one thread.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include <memory>
#include <stop_token>

#include "app/keeper.hpp"
#include "config/config.hpp"
#include "io/clock.hpp"
#include "model/outage.hpp"

namespace meshwarden::app {

class Janitor {
public:
    // Configuration, clock and registry outlive it.
    Janitor(const config::Config& config, OpenStore open, const io::Clock& clock, prometheus::Registry& registry);

    void retire();  // before run(): so that what a reload removed is over when it ends; run() tries on
    void run(std::stop_token stop);

private:
    bool open();
    void retain(std::stop_token stop);
    void failed(const Error& error);

    const config::Config& config_;
    OpenStore open_;
    const io::Clock& clock_;
    prometheus::Counter& incidents_;
    prometheus::Counter& payloads_;
    prometheus::Counter& notices_;
    std::unique_ptr<incidents::Store> store_;
    bool retired_ = false;
    Outage failing_;
    bool too_large_ = false;
};

}  // namespace meshwarden::app
