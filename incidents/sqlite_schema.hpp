// The tables, and the way from every older version of them to the newest.
#pragma once

#include "incidents/sqlite_database.hpp"

namespace meshwarden::incidents {

enum class SchemaState { empty, ours, older, newer, foreign };  // foreign: another program's database

SchemaState schema_state(Database& database);
void migrate(Database& database);  // each version in a transaction of its own; several processes may try at once
int newest_schema();
int schema_version(Database& database);

}  // namespace meshwarden::incidents
