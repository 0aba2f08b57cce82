#include "config/files.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "config/wording.hpp"

namespace meshwarden::config {

std::optional<Node> open_document(Reader& reader) {
    const auto text = read_text(reader.file());
    if (!text) {
        reader.problems().push_back(text.error());
        return std::nullopt;
    }
    auto document = parse_document(*text, reader.file());
    if (!document) {
        reader.problems().push_back(document.error());
        return std::nullopt;
    }
    return std::move(*document);
}

void add_files(Library& library, const std::vector<std::string>& files, AddDocument add, Written* written) {
    for (const auto& file : files) {
        auto& reader = library.reader(file);
        if (const auto document = open_document(reader)) {
            (library.*add)(*document, reader);
            if (written != nullptr) {
                write_down(*document, std::filesystem::path(file).filename().string() + ": ", *written);
            }
        }
    }
}

std::vector<std::string> readable(const std::vector<std::string>& files, const std::string& path, Reader& reader) {
    std::vector<std::string> good;
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (read_text(files[i])) {
            good.push_back(files[i]);
        } else {
            reader.complain(fmt::format("{}[{}]", path, i), fmt::format("{} cannot be opened", in_quotes(files[i])));
        }
    }
    return good;
}

}  // namespace meshwarden::config
