#include "app/progress.hpp"

#include <unistd.h>

#include <cerrno>

namespace meshwarden::app {

Progress::Progress(int file) : file_(file), terminal_(isatty(file) == 1) {}

void Progress::show(const std::string& text) {
    if (!terminal_ || (text.empty() && !shown_)) return;
    shown_ = !text.empty();
    // Back to the first column at the end: a line of the log then stands over it.
    const std::string line = "\r" + text + "\x1b[K\r";
    for (std::size_t done = 0; done < line.size();) {
        const auto written = write(file_, line.data() + done, line.size() - done);
        if (written < 0 && errno != EINTR) return;
        if (written > 0) done += std::size_t(written);
    }
}

}  // namespace meshwarden::app
