// Single fields of records, read back. For this folder only; throws nlohmann's exceptions on another type.
#pragma once

#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "model/labels.hpp"
#include "model/time.hpp"

namespace meshwarden::incidents {

Time time_of(const nlohmann::json& value);
std::optional<Time> optional_time_of(const nlohmann::json& value);  // null: none
std::string text_of(const nlohmann::json& value);                   // null: ""
double number_of(const nlohmann::json& value);                      // null: not a number
Labels labels_of(const nlohmann::json& object);

// The first of all where the text is none of them.
template <class E>
E enum_of(std::string_view text, std::initializer_list<E> all) {
    for (const E one : all)
        if (to_string(one) == text) return one;
    return *all.begin();
}

}  // namespace meshwarden::incidents
