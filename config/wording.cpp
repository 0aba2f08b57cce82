#include "config/wording.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "config/problem.hpp"

namespace meshwarden::config {

namespace {

constexpr std::size_t longest_quote = 60;
constexpr std::size_t longest_word = 64;  // of the edit distance, which is quadratic
constexpr std::size_t most_words = 30;

std::string escaped(char c) {
    if (c == '"' || c == '\\') {
        return {'\\', c};
    }
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
}

// Cuts between characters, not within one.
std::string_view cut(std::string_view text) {
    if (text.size() <= longest_quote) {
        return text;
    }
    std::size_t end = longest_quote;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
        --end;
    }
    return text.substr(0, end);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const auto replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string in_quotes(std::string_view text) {
    std::string result = "\"";
    for (const char c : cut(text)) {
        result += escaped(c);
    }
    return result + (text.size() > longest_quote ? "...\"" : "\"");
}

std::string nearest(std::string_view given, const std::vector<std::string>& known) {
    std::string best;
    if (given.size() > longest_word) {
        return best;
    }
    std::size_t smallest = (given.size() < 4 ? 1 : std::max<std::size_t>(2, given.size() / 3)) + 1;
    for (const auto& word : known) {
        const auto distance = edit_distance(given, word);
        // webhook_url for webhook_url_file
        if (given.size() >= 5 && word.starts_with(given)) {
            return word;
        }
        if (distance < smallest && distance < word.size()) {
            smallest = distance;
            best = word;
        }
    }
    return best;
}

std::string unknown(std::string_view what, std::string_view given, const std::vector<std::string>& known) {
    if (const auto near = nearest(given, known); !near.empty()) {
        return fmt::format("unknown {}, did you mean {}?", what, near);
    }
    if (known.empty()) {
        return fmt::format("unknown {}, there is none", what);
    }
    return fmt::format("unknown {}, expected one of {}", what, joined(known));
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
    const auto end = words.begin() + static_cast<std::ptrdiff_t>(std::min(words.size(), most_words));
    return fmt::format("{}{}", fmt::join(words.begin(), end, separator), words.size() > most_words ? ", ..." : "");
}

std::string to_string(const Problem& problem) {
    const auto place = problem.line > 0 ? fmt::format("{}:{}", problem.file, problem.line) : problem.file;
    return problem.path.empty() ? fmt::format("{}: {}", place, problem.message)
                                : fmt::format("{}: {}: {}", place, problem.path, problem.message);
}

}  // namespace meshwarden::config
