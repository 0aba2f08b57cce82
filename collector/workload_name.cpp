#include "collector/workload_name.hpp"

#include <algorithm>

namespace meshwarden::collector {
namespace {

// Kubernetes draws suffixes from these, and writes a template's hash with the first form of the decimal digits.
constexpr std::string_view suffix_letters = "bcdfghjklmnpqrstvwxz2456789";
constexpr std::string_view hash_letters = "456789bcdf";
constexpr std::string_view digits = "0123456789";

bool only(std::string_view text, std::string_view letters) {
    return !text.empty() && text.find_first_not_of(letters) == text.npos;
}

std::string_view before_last_dash(std::string_view text) {
    const auto dash = text.rfind('-');
    return dash == text.npos || dash == 0 ? std::string_view() : text.substr(0, dash);
}

std::string_view after_last_dash(std::string_view text) {
    return text.substr(text.rfind('-') + 1);
}

bool is_suffix(std::string_view text) {
    return text.size() == 5 && only(text, suffix_letters);
}

bool is_template_hash(std::string_view text) {
    return text.size() >= 6 && text.size() <= 10 && only(text, hash_letters);
}

}  // namespace

std::string_view workload_of_pod(std::string_view pod, std::string_view template_hash) {
    const std::string_view owner = before_last_dash(pod);
    if (owner.empty()) return pod;
    const std::string_view last = after_last_dash(pod);
    const std::string_view deployment = before_last_dash(owner);
    if (!template_hash.empty() && !deployment.empty() && after_last_dash(owner) == template_hash) return deployment;
    if (only(last, digits)) return owner;
    if (!is_suffix(last)) return pod;
    return !deployment.empty() && is_template_hash(after_last_dash(owner)) ? deployment : owner;
}

}  // namespace meshwarden::collector
