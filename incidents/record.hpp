// How values are kept: the interface's JSON plus what only the Store needs, and the way back. For this folder only.
// Reading throws nlohmann's exceptions on what we did not write; whoever reads the database turns them into errors.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "incidents/change.hpp"
#include "incidents/json.hpp"
#include "model/detector.hpp"
#include "model/snapshot.hpp"

namespace meshwarden::incidents {

nlohmann::json number(double value);  // whole numbers without a fraction; null where not finite

// Text that stays text whatever bytes came in: invalid UTF-8 is replaced, never refused.
std::string dump(const nlohmann::json& value);
nlohmann::json parse_record(std::string_view text);
std::string clean_text(std::string_view bytes, std::size_t longest);  // cut and made valid UTF-8

// An incident with everything that it needs to be read back; `known` adds seen_by and marked.
nlohmann::json record_of(const Incident& incident);
nlohmann::json record_of(const Known& known);
void leave_incident(nlohmann::json& record);  // of a Known: only what is the incident's
Incident incident_of(const nlohmann::json& record);
Known known_of(const nlohmann::json& record);

// What retention leaves of a resolved incident, beside its columns: how it ended, when it had begun to fire, and how
// high and severe it was.
nlohmann::json remains_of(const Incident& incident);
void read_remains(Known& known, const nlohmann::json& record);

EventKind event_kind_of(std::string_view text);
NoticeReason notice_reason_of(std::string_view text);

Evidence evidence_of(const nlohmann::json& record);
Evidence bounded(Evidence evidence);  // cut to what an incident may keep, and said so

// What a notice tells of the evidence.
struct Told {
    std::vector<TopSource> top_sources;
    std::vector<std::string> notes;
};
nlohmann::json record_of(const Told& told);
Told told_of(const nlohmann::json& record);

nlohmann::json record_of(const Notice& notice);  // incident, top_sources, notes: what was to be said
void read_notice(Notice& notice, const nlohmann::json& record);

nlohmann::json record_of(const Reading& reading);  // without updates
Reading reading_of(const nlohmann::json& record);
nlohmann::json record_of(const RuleVerdict& verdict);
RuleVerdict verdict_of(const nlohmann::json& record);

}  // namespace meshwarden::incidents
