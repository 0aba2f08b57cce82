#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <unordered_map>

#include "incidents/record.hpp"
#include "incidents/sqlite_events.hpp"
#include "incidents/sqlite_schema.hpp"
#include "incidents/sqlite_store.hpp"
#include "model/digest.hpp"

namespace meshwarden::incidents {
namespace {

using nlohmann::json;

struct Row {
    std::int64_t seq = 0;
    std::string incident, kind, digest, hash;
    std::int64_t at = 0;
    std::optional<std::string> payload;  // none: erased by retention
};

// What the events make of an incident's state.
struct Folded {
    std::int64_t last_seq = 0;
    std::int64_t last_erased = 0, last_kept = 0;  // events with and without payload
    bool opened = false;
    std::string state;
};

class Walk {
public:
    Walk(Database& database, std::string expected_head)
        : database_(database), expected_head_(std::move(expected_head)) {}

    Verification verify() {
        auto rows = database_.prepare(
            "SELECT seq, incident, at, kind, payload, digest, hash FROM events WHERE stream = ? ORDER BY seq");
        rows.bind(event_stream);
        while (found_.problem.empty() && rows.step()) check(read(rows));
        if (found_.problem.empty()) check_head();
        if (found_.problem.empty()) check_projection();
        if (found_.problem.empty() && !expected_head_.empty() && found_.expected_seq == 0)
            bad(0, "no event has the expected head hash: events were cut off, or the chain was written anew");
        found_.whole = found_.problem.empty();
        found_.head_hash = hash_;
        return found_;
    }

    Verification damaged(const std::string& problem) {
        bad(found_.events + 1, "the file is damaged: " + problem);
        found_.whole = false;
        found_.head_hash = hash_;
        return found_;
    }

private:
    static Row read(const Statement& row) {
        return {.seq = row.integer(0), .incident = row.text(1), .kind = row.text(3), .digest = row.text(5),
                .hash = row.text(6), .at = row.integer(2),
                .payload = row.null(4) ? std::nullopt : std::optional(row.text(4))};
    }

    void bad(std::int64_t seq, std::string problem) {
        found_.first_bad_seq = seq;
        found_.problem = std::move(problem);
    }

    void check(const Row& row) {
        const auto expected = found_.events + 1;
        if (row.seq != expected) return bad(expected, fmt::format("event {} is missing", expected));
        if (row.payload && sha256_hex(*row.payload) != row.digest)
            return bad(row.seq, fmt::format("the payload of event {} is not the one that was written", row.seq));
        if (row.hash != chained(hash_, row.seq, row.digest))
            return bad(row.seq, fmt::format("the hash of event {} does not follow from the one before", row.seq));
        if (row.payload && !agrees(row))
            return bad(row.seq, fmt::format("the columns of event {} contradict its payload", row.seq));
        hash_ = row.hash;
        ++found_.events;
        if (!row.payload) ++found_.erased;
        if (hash_ == expected_head_) found_.expected_seq = row.seq;
        fold(row);
    }

    static bool agrees(const std::string& record, const std::string& id, const std::string& state) {
        const json body = json::parse(record, nullptr, false);
        return body.is_object() && body.value("id", "") == id && body.value("state", "") == state;
    }

    static bool agrees(const Row& row) {
        const json payload = json::parse(*row.payload, nullptr, false);
        return payload.is_object() && payload.value("incident", "") == row.incident &&
               payload.value("event", "") == row.kind && payload.value("at", std::int64_t(-1)) == row.at;
    }

    void fold(const Row& row) {
        if (row.incident.empty()) return;
        auto& folded = incidents_[row.incident];
        folded.last_seq = row.seq;
        (row.payload ? folded.last_kept : folded.last_erased) = row.seq;
        const auto kind = event_kind_of(row.kind);
        folded.opened |= kind == EventKind::opened;
        if (kind == EventKind::opened || kind == EventKind::reopened) folded.state = "open";
        if (kind == EventKind::acknowledged || kind == EventKind::resolved) folded.state = row.kind;
    }

    void check_head() {
        auto head = database_.prepare("SELECT seq, hash FROM streams WHERE stream = ?");
        if (!head.bind(event_stream).step()) return bad(found_.events + 1, "the head of the chain is missing");
        if (head.integer(0) != found_.events)
            return bad(found_.events + 1, fmt::format("event {} is missing: the log ends before its head, {}",
                                                      found_.events + 1, head.integer(0)));
        if (head.text(1) != hash_) bad(found_.events, "the head of the chain is not the hash of the last event");
    }

    void check_projection() {
        const bool knows_erased = schema_version(database_) >= 2;
        auto rows = database_.prepare(fmt::format("SELECT id, state, body, {} FROM incidents ORDER BY id",
                                                  knows_erased ? "erased_at IS NOT NULL" : "FALSE"));
        while (found_.problem.empty() && rows.step()) {
            const auto id = rows.text(0);
            const auto folded = incidents_.find(id);
            if (folded == incidents_.end() || !folded->second.opened)
                return bad(found_.events + 1, fmt::format("incident {} has no opened event", id));
            const bool erased = rows.integer(3) != 0;
            if (const auto seq = folded->second.last_kept; erased && seq != 0)
                return bad(seq, fmt::format("event {} has a payload, but its incident was erased", seq));
            if (const auto seq = folded->second.last_erased; !erased && seq != 0)
                return bad(seq, fmt::format("the payload of event {} is gone, but its incident was not erased", seq));
            if (folded->second.state != rows.text(1) || !(erased || agrees(rows.text(2), id, rows.text(1))))
                return bad(folded->second.last_seq,
                           fmt::format("incident {} is kept as {}, its events make it {}", id, rows.text(1),
                                       folded->second.state));
            incidents_.erase(folded);
        }
        for (const auto& [id, folded] : incidents_)
            if (found_.problem.empty())
                bad(folded.last_seq, fmt::format("incident {} has events but is not kept", id));
    }

    Database& database_;
    std::string expected_head_;
    Verification found_;
    std::string hash_;
    std::unordered_map<std::string, Folded> incidents_;
};

}  // namespace

Result<Verification> SqliteStore::verify(const std::string& expected_head) {
    return verb(*database_, "verify the history", [&] {
        Walk walk(*database_, expected_head);
        try {
            Transaction transaction(*database_, Transaction::Kind::read);
            const auto schema = schema_state(*database_);
            if (schema == SchemaState::newer)
                throw std::runtime_error(fmt::format("it has schema {}, this program knows up to {}: upgrade it",
                                                     schema_version(*database_), newest_schema()));
            if (schema == SchemaState::foreign || schema == SchemaState::empty)
                return walk.damaged("it is not a database of meshwarden");
            return walk.verify();
        } catch (const SqliteError& problem) {
            if (!problem.damaged()) throw;
            return walk.damaged(problem.what());
        }
    });
}

}  // namespace meshwarden::incidents
