// An expected failure: what was being done, to what, and what to do about it, in one sentence for a person.
#pragma once

#include <expected>
#include <string>

namespace meshwarden {

struct Error {
    std::string message;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(std::string message) {
    return std::unexpected(Error{std::move(message)});
}

}  // namespace meshwarden
