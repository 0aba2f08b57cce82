// One line on a terminal that is written over; nothing where the file is no terminal. Of one thread.
#pragma once

#include <string>

namespace meshwarden::app {

class Progress {
public:
    explicit Progress(int file);
    ~Progress() { show(""); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    bool is_seen() const { return terminal_; }
    void show(const std::string& text);  // "" clears it

private:
    int file_;
    bool terminal_;
    bool shown_ = false;
};

}  // namespace meshwarden::app
