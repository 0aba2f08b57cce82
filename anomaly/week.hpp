// Which days of the week are quiet: learned from the traffic of whole days, since an interval's number says nothing
// about the calendar.
#pragma once

#include <array>

#include "anomaly/volume.hpp"

namespace meshwarden::anomaly {

class Week {
public:
    void add(double events) { today_ += events; }
    // The day numbered `day` is over; `whole` if it was seen from its beginning.
    void close(std::int32_t day, bool whole);
    QuietDays quiet() const { return quiet_; }
    static void keep(auto& self, auto& archive) { archive(self.usual_, self.today_, self.quiet_); }

private:
    std::array<double, 7> usual_{};
    double today_ = 0;
    QuietDays quiet_ = 0;
};

}  // namespace meshwarden::anomaly
