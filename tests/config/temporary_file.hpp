// A file that lives as long as the object.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& content, const std::string& name = "meshwarden.yaml") {
        std::string folder = (std::filesystem::temp_directory_path() / "meshwarden-config-XXXXXX").string();
        folder_ = ::mkdtemp(folder.data());
        std::ofstream(path(name), std::ios::binary) << content;
        file_ = path(name);
    }
    ~TemporaryFile() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    const std::string& file() const { return file_; }
    std::string path(const std::string& name) const { return folder_ + "/" + name; }

private:
    std::string folder_;
    std::string file_;
};
