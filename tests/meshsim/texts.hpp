// Label texts, each stored once and named by a number: thousands of pages share them.
// Not thread-safe; the mesh that owns it is locked as a whole. Never forgets a text (the set is bounded by the mesh).
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace meshwarden::meshsim {

using TextId = std::uint32_t;  // 0 is the empty text

class Texts {
 public:
  Texts() { intern(""); }
  TextId intern(std::string_view text) {
    if (const auto found = ids_.find(text); found != ids_.end()) return found->second;
    const auto id = static_cast<TextId>(texts_.size());
    texts_.emplace_back(text);
    ids_.emplace(texts_.back(), id);
    return id;
  }
  std::string_view at(TextId id) const { return texts_[id]; }

 private:
  std::deque<std::string> texts_;  // a deque: the keys of ids_ point into it
  std::unordered_map<std::string_view, TextId> ids_;
};

}  // namespace meshwarden::meshsim
