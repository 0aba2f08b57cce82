// The counters of one proxy: a flat table, sorted by family, of (labels, value).
// A series exists from the first add() on (add of 0 declares it), so births come out as on real proxies.
// Not thread-safe: the mesh that owns it is locked as a whole.
#pragma once
#include <algorithm>
#include <compare>
#include <cstdint>
#include <vector>

#include "tests/meshsim/families.hpp"
#include "tests/meshsim/texts.hpp"

namespace meshwarden::meshsim {

// The labels of a series are the four texts joined with commas; 0 leaves one out.
struct SeriesKey {
  Family family;
  std::uint16_t reporter = 0;
  TextId source = 0;
  TextId destination = 0;
  TextId tail = 0;
  auto operator<=>(const SeriesKey&) const = default;
};

struct Series {
  SeriesKey key;
  std::uint64_t value;
};

class Page {
 public:
  void add(const SeriesKey& key, std::uint64_t n) {
    const auto place = std::lower_bound(series_.begin(), series_.end(), key,
                                        [](const Series& left, const SeriesKey& right) { return left.key < right; });
    if (place != series_.end() && place->key == key) {
      place->value += n;
    } else {
      series_.insert(place, Series{key, n});
    }
  }
  bool has(const SeriesKey& key) const {
    const auto place = std::lower_bound(series_.begin(), series_.end(), key,
                                        [](const Series& left, const SeriesKey& right) { return left.key < right; });
    return place != series_.end() && place->key == key;
  }
  void clear() { series_.clear(); }
  const std::vector<Series>& series() const { return series_; }

 private:
  std::vector<Series> series_;
};

}  // namespace meshwarden::meshsim
