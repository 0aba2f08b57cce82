// One description per option. A table of Keys binds the keys of a YAML map to the members of a struct; it serves
// reading and checking (read_map), the default file and the reference page (describe). Tables are built where they are
// needed; nothing here is shared between threads.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/document.hpp"
#include "config/problem.hpp"

namespace meshwarden::config {

// One file being read: its problems and where each path stands.
class Reader {
public:
    explicit Reader(std::string file) : file_(std::move(file)) {}

    const std::string& file() const { return file_; }
    std::vector<Problem>& problems() { return problems_; }
    void saw(const std::string& path, int line) { lines_.emplace(path, line); }
    void complain(int line, const std::string& path, std::string message);
    // At the line of the path, or of the nearest part of it that stands in the file.
    void complain(const std::string& path, std::string message);
    int line(const std::string& path) const;
    // Paths of the configuration are relative to the file that names them.
    std::string resolved(const std::string& path) const;

private:
    std::string file_;
    std::vector<Problem> problems_;
    std::map<std::string, int> lines_;
};

// A node, its path and the reader to complain to. Valid as long as the document and the reader.
struct Value {
    const Node& node;
    std::string path;
    Reader& reader;

    void complain(std::string message) const { reader.complain(node.line, path, std::move(message)); }
    void expected(const std::string& what) const;  // "is X, expected WHAT"
    Value child(std::size_t index) const;
};

struct KeyDoc {
    std::string name;
    std::string type;
    std::string sentence;
    std::string initial;        // the default as one line of YAML; "" for maps
    bool required = false;
    bool entries = false;       // `keys` are those of each entry of a list
    std::vector<KeyDoc> keys{};
};

// How one type is read, written and described.
template <class M>
struct Codec {
    std::string type;
    std::function<void(const Value&, M&)> read;  // complains, and leaves M as it was, where the value is wrong
    std::function<std::string(const M&)> write;  // none: a map
    std::function<std::vector<KeyDoc>(const M&)> describe;  // of a map and of the entries of a list of maps
    bool entries = false;
};

template <class T>
struct Key {
    std::string name;
    bool required = false;
    std::function<void(const Value&, T&)> read;
    std::function<KeyDoc(const T&)> describe;  // with the defaults that the T holds
};

template <class T>
using Keys = std::vector<Key<T>>;

// `access`: a pointer to member, or a callable from T& (and const T&) to the member.
template <class T, class Access, class M>
Key<T> key(const std::string& name, Access access, const Codec<M>& codec, const std::string& sentence) {
    return {name, false, [=](const Value& value, T& t) { codec.read(value, std::invoke(access, t)); },
            [=](const T& t) {
                const M& member = std::invoke(access, t);
                return KeyDoc{name, codec.type, sentence, codec.write ? codec.write(member) : "", false, codec.entries,
                              codec.describe ? codec.describe(member) : std::vector<KeyDoc>{}};
            }};
}

template <class T>
Key<T> required(Key<T> key) {
    key.required = true;
    key.read = [read = key.read](const Value& value, T& t) {
        if (value.node.kind == Node::Kind::scalar && value.node.text.empty()) {
            return value.complain("is empty, but required");
        }
        read(value, t);
    };
    key.describe = [describe = key.describe](const T& t) {
        auto doc = describe(t);
        doc.required = true;
        return doc;
    };
    return key;
}

// What does not depend on T: kind, repeated keys, unknown ones. Gives the value that counts for each known key.
std::map<std::string, Value> known_values(const Value& map, const std::vector<std::string>& known);
void complain_missing(const Value& map, const std::string& name);

template <class T>
void read_map(const Keys<T>& keys, const Value& map, T& target) {
    std::vector<std::string> known;
    for (const auto& key : keys) {
        known.push_back(key.name);
    }
    const auto values = known_values(map, known);
    for (const auto& key : keys) {
        if (const auto found = values.find(key.name); found != values.end()) {
            key.read(found->second, target);
        } else if (key.required) {
            complain_missing(map, key.name);
        }
    }
}

template <class T>
std::vector<KeyDoc> describe(const Keys<T>& keys, const T& defaults) {
    std::vector<KeyDoc> docs;
    for (const auto& key : keys) {
        docs.push_back(key.describe(defaults));
    }
    return docs;
}

template <class M>
Codec<M> map_of(const Keys<M>& keys) {
    return {"map", [=](const Value& value, M& target) { read_map(keys, value, target); }, nullptr,
            [=](const M& defaults) { return describe(keys, defaults); }};
}

// A list of maps; every entry begins as `prototype`. `check` sees each entry once it is read.
template <class M>
Codec<std::vector<M>> list_of_maps(const Keys<M>& keys, const M& prototype,
                                   std::function<void(const Value&, const M&)> check = nullptr) {
    auto read = [=](const Value& list, std::vector<M>& target) {
        if (list.node.kind != Node::Kind::list) {
            return list.expected("a list of maps");
        }
        target.clear();
        for (std::size_t i = 0; i < list.node.values.size(); ++i) {
            const auto entry = list.child(i);
            target.push_back(prototype);
            read_map(keys, entry, target.back());
            if (check) {
                check(entry, target.back());
            }
        }
    };
    return {"list of maps", read, [](const std::vector<M>&) { return "[]"; },
            [=](const std::vector<M>& defaults) { return describe(keys, defaults.empty() ? prototype : defaults[0]); },
            true};
}

// A map of the file whose keys live in T itself.
template <class T>
Key<T> section(const std::string& name, const Keys<T>& keys, const std::string& sentence) {
    return key<T>(name, std::identity{}, map_of(keys), sentence);
}

}  // namespace meshwarden::config
