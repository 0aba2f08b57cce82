// Links to neighbours (Kiali, traces, Grafana): templates over an incident's labels. Pure.
#pragma once

#include <string>
#include <string_view>

#include "model/labels.hpp"

namespace meshwarden::web {

// {{ name }} becomes the label's value, percent-encoded; an absent label becomes nothing.
std::string expand_link(std::string_view link_template, const Labels& labels);

}  // namespace meshwarden::web
