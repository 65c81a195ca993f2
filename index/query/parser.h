#pragma once
// Query text -> Query. Pure; callable from any thread. Never fails: any bytes are a query, invalid
// UTF-8 counts as white space.

#include <string_view>

#include "index/query/query.h"

namespace sg {

Query ParseQuery(std::string_view text);

// Query for "more like this": the topic words of a chunk of code instead of a question. Takes the
// text's identifiers, but no names, phrases or places.
Query QueryFromText(std::string_view text);

}  // namespace sg
