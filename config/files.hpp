// Files that are read into a Library. For this folder only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/library.hpp"
#include "config/written.hpp"

namespace meshwarden::config {

// Reads and parses; where that fails the problem is kept with the reader.
std::optional<Node> open_document(Reader& reader);

using AddDocument = void (Library::*)(const Node&, Reader&);
// `written`, unless null, takes what the files say.
void add_files(Library& library, const std::vector<std::string>& files, AddDocument add, Written* written = nullptr);

// Those that can be opened. For another the place that names it is wrong.
std::vector<std::string> readable(const std::vector<std::string>& files, const std::string& path, Reader& reader);

}  // namespace meshwarden::config
