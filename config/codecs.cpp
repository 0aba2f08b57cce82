#include "config/codecs.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "config/wording.hpp"
#include "io/http_client.hpp"

namespace meshwarden::config {

namespace {

bool letter_or_digit(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// The scalar's text, or a complaint.
std::optional<std::string> scalar(const Value& value, const std::string& expected) {
    if (value.node.kind != Node::Kind::scalar) {
        value.expected(expected);
        return std::nullopt;
    }
    // YAML's escapes can make what the file itself may not hold.
    if (std::ranges::any_of(value.node.text, [](char c) { return c >= 0 && c < ' ' && c != '\n' && c != '\t'; })) {
        value.expected(expected + " without control characters");
        return std::nullopt;
    }
    return value.node.text;
}

std::optional<double> finite(const std::string& text) {
    double result = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
    const bool whole = error == std::errc() && end == text.data() + text.size() && !text.empty();
    return whole && std::isfinite(result) ? std::optional(result) : std::nullopt;
}

std::optional<Duration> parsed_duration(const std::string& text) {
    if (text == "0") {
        return Duration{0};
    }
    const auto result = parse_duration(text);
    return result ? std::optional(*result) : std::nullopt;
}

std::optional<std::uint64_t> parsed_size(const std::string& text) {
    static const std::vector<std::string> units = {"", "K", "M", "G", "T"};
    double amount = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
    if (error != std::errc() || amount < 0 || !std::isfinite(amount)) {
        return std::nullopt;
    }
    const std::string unit(end, text.data() + text.size());
    for (std::size_t i = 0; i < units.size(); ++i) {
        if (unit == units[i] + "B" || (i > 0 && unit == units[i] + "iB")) {
            const double bytes = std::ldexp(amount, static_cast<int>(10 * i));
            return bytes < 1e18 ? std::optional(static_cast<std::uint64_t>(bytes)) : std::nullopt;
        }
    }
    return std::nullopt;
}

std::string written_size(std::uint64_t bytes) {
    static const std::vector<std::string> units = {"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    while (unit + 1 < units.size() && bytes != 0 && bytes % 1024 == 0) {
        bytes /= 1024;
        ++unit;
    }
    return fmt::format("{}{}", bytes, units[unit]);
}

// A codec of text in which `accept` says what else must hold.
Codec<std::string> checked_text(const std::string& type, std::function<bool(const std::string&)> accept) {
    auto read = [=](const Value& value, std::string& target) {
        const auto given = scalar(value, type);
        if (given && !accept(*given)) {
            value.expected(type);
        } else if (given) {
            target = *given;
        }
    };
    return {type, read, scalar_yaml, nullptr};
}

bool is_http_url(const std::string& url) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (url.starts_with(scheme)) {
            const auto rest = std::string_view(url).substr(scheme.size());
            return !rest.empty() && rest[0] != '/' && rest[0] != ':' && url.size() <= 2048 &&
                   std::ranges::all_of(rest, [](char c) { return c > ' ' && c != '"' && c != '\\'; });
        }
    }
    return false;
}

std::string range(const std::string& least, const std::string& most) {
    return most.empty() ? "at least " + least : fmt::format("{} to {}", least, most);
}

}  // namespace

std::string scalar_yaml(const std::string& text) {
    const bool plain = !text.empty() && !finite(text) && text != "true" && text != "false" && text != "null" &&
                       std::isalpha(static_cast<unsigned char>(text[0])) && std::ranges::all_of(text, [](char c) {
                           return letter_or_digit(c) || c == '_' || c == '-' || c == '.' || c == '/';
                       });
    return plain ? text : fmt::format("\"{}\"", fmt::join([&] {
        std::vector<std::string> parts;
        for (const char c : text) {
            parts.push_back(c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c));
        }
        return parts;
    }(), ""));
}

Codec<std::string> text(std::size_t longest) {
    return checked_text("text", [=](const std::string& given) { return given.size() <= longest; });
}

Codec<std::string> word() {
    return checked_text("a name of letters, digits, - _ .", [](const std::string& given) {
        return !given.empty() && given.size() <= 100 && std::ranges::all_of(given, [](char c) {
            return letter_or_digit(c) || c == '-' || c == '_' || c == '.';
        });
    });
}

Codec<std::string> label_name() {
    return checked_text("a label name such as source_workload", [](const std::string& given) {
        return !given.empty() && given.size() <= 100 && !std::isdigit(static_cast<unsigned char>(given[0])) &&
               std::ranges::all_of(given, [](char c) { return letter_or_digit(c) || c == '_'; });
    });
}

Codec<std::string> http_url(bool may_be_empty) {
    const std::string type = "an http:// or https:// URL";
    auto codec = checked_text(type, [=](const std::string& given) {
        return given.empty() ? may_be_empty : is_http_url(given);
    });
    codec.read = [=, read = codec.read](const Value& value, std::string& target) {
        const bool is_url = value.node.kind == Node::Kind::scalar && is_http_url(value.node.text);
        const auto problem = is_url ? io::url_problem(value.node.text) : std::string();
        if (!problem.empty()) return value.expected(fmt::format("{}: {}", type, problem));
        read(value, target);
    };
    return codec;
}

Codec<std::string> file_path() {
    auto codec = checked_text("the path of a file", [](const std::string& given) {
        return given.size() <= 4096 && given.find('\n') == std::string::npos;
    });
    codec.read = [read = codec.read](const Value& value, std::string& target) {
        // A secret pasted where its file is meant must not come back in a message.
        if (value.node.kind == Node::Kind::scalar && value.node.text.find("://") != std::string::npos) {
            return value.complain("is a URL, expected the path of a file that holds it");
        }
        read(value, target);
        target = value.reader.resolved(target);
    };
    return codec;
}

Codec<bool> flag() {
    auto read = [](const Value& value, bool& target) {
        if (value.node.text == "true" || value.node.text == "false") {
            target = value.node.text == "true";
        } else {
            value.expected("true or false");
        }
    };
    return {"true or false", read, [](const bool& given) { return given ? "true" : "false"; }, nullptr};
}

Codec<double> number(double least, double most) {
    const bool unbounded = most == std::numeric_limits<double>::max();
    const auto type = "number, " + range(fmt::format("{}", least), unbounded ? "" : fmt::format("{}", most));
    auto read = [=](const Value& value, double& target) {
        const auto given = finite(value.node.text);
        if (!given || *given < least || *given > most) {
            return value.expected("a " + type);
        }
        target = *given;
    };
    return {type, read, [](const double& given) { return fmt::format("{}", given); }, nullptr};
}

Codec<std::optional<double>> optional_number(double least) {
    const auto inner = number(least);
    auto read = [=](const Value& value, std::optional<double>& target) {
        double given = target.value_or(0);
        const auto before = value.reader.problems().size();
        inner.read(value, given);
        if (value.reader.problems().size() == before) {
            target = given;
        }
    };
    return {inner.type, read, [=](const std::optional<double>& given) { return given ? inner.write(*given) : ""; },
            nullptr};
}

Codec<Duration> duration(Duration least, Duration most) {
    const auto type = "duration, " + range(meshwarden::to_string(least), meshwarden::to_string(most));
    auto read = [=](const Value& value, Duration& target) {
        const auto given = parsed_duration(value.node.text);
        if (!given || *given < least || *given > most) {
            return value.expected("a " + type + ", such as 30s or 1h30m");
        }
        target = *given;
    };
    return {type, read, [](const Duration& given) { return meshwarden::to_string(given); }, nullptr};
}

Codec<std::optional<Duration>> auto_or_duration(Duration least, Duration most) {
    const auto inner = duration(least, most);
    auto read = [=](const Value& value, std::optional<Duration>& target) {
        Duration given = least;
        if (value.node.text == "auto") {
            target.reset();
        } else if (const auto before = value.reader.problems().size();
                   inner.read(value, given), value.reader.problems().size() == before) {
            target = given;
        }
    };
    auto write = [](const std::optional<Duration>& given) { return given ? meshwarden::to_string(*given) : "auto"; };
    return {"auto, or " + inner.type, read, write, nullptr};
}

Codec<std::uint64_t> size(std::uint64_t least) {
    const auto type = "size, at least " + written_size(least);
    auto read = [=](const Value& value, std::uint64_t& target) {
        const auto given = parsed_size(value.node.text);
        if (!given || *given < least) {
            return value.expected("a " + type + ", such as 500MiB");
        }
        target = *given;
    };
    return {type, read, written_size, nullptr};
}

}  // namespace meshwarden::config
