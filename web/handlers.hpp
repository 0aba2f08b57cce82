// The handlers of the route table, by resource. Each wants what its route promises (a Store where place is `store`).
#pragma once

#include "web/routes.hpp"

namespace meshwarden::web {

// incident_handlers.cpp
Response list_incidents(const Call&, Context&);
Response one_incident(const Call&, Context&);
Response acknowledge_incident(const Call&, Context&);
Response resolve_incident(const Call&, Context&);
Response comment_incident(const Call&, Context&);
Response assign_incident(const Call&, Context&);
Response list_deliveries(const Call&, Context&);

// event_handlers.cpp
Response events(const Call&, Context&);

// rule_handlers.cpp
Response list_rules(const Call&, Context&);
Response list_alerts(const Call&, Context&);

// sight_handlers.cpp
Response list_signals(const Call&, Context&);

// topology_handlers.cpp
Response show_topology(const Call&, Context&);
Response show_topology_diff(const Call&, Context&);
Response list_expectations(const Call&, Context&);
Response declare_expectation(const Call&, Context&);
Response withdraw_expectation(const Call&, Context&);

// service_handlers.cpp
Response health(const Call&, Context&);
Response readiness(const Call&, Context&);
Response status(const Call&, Context&);
Response metrics(const Call&, Context&);
Response reload(const Call&, Context&);

// files.cpp
Response console_page(const Call&, Context&);
Response console_file(const Call&, Context&);
Response incident_link(const Call&, Context&);
Response openapi(const Call&, Context&);

}  // namespace meshwarden::web
