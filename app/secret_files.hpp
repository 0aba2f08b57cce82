// The files that the configuration names for secrets, and which of them hold none at the moment. They are read when they
// are used, so that such a one may still come; until then nobody gets in, or nobody is told.
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"

namespace meshwarden::app {

struct SecretFile {
    std::string path;  // of its key: targets[secops].slack.webhook_url_file
    std::string file;
};

std::vector<SecretFile> secret_files(const config::Config& config);

struct MissingSecret {
    SecretFile where;
    std::string reason;  // never the content
};
std::string in_words(const MissingSecret& missing);

std::vector<MissingSecret> missing_secrets(const config::Config& config);

// One line for each.
void log_missing_secrets(const config::Config& config);

}  // namespace meshwarden::app
