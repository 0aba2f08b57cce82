// The findings of one tick that speak of the same subject: an episode that ended and began again between two looks
// gives several. Pure.
#pragma once

#include <string>
#include <vector>

#include "model/finding.hpp"
#include "model/incident.hpp"

namespace meshwarden::incidents {

struct Firing {
    std::string subject_key;
    std::vector<const Finding*> parts;  // by crossing time; they live in the tick

    // One finding for all: begun with the first, ended or not with the last, as high as the highest.
    Finding merged() const;
};

// In the order in which the subjects first appear.
std::vector<Firing> gather(const std::vector<Finding>& findings);

// Without what the resolved incident already stands for: a crossing that a user resolved, unless it has grown to more
// than twice what it was or to a higher severity; one that ended and was settled; and the same events as another
// Prometheus saw them.
Firing without_settled(Firing firing, const Incident& resolved, const std::string& prometheus);

}  // namespace meshwarden::incidents
