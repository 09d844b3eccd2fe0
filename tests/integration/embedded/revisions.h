#pragma once
// What must hold of output files whatever happened, and how two of them differ.

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bartizan::testing {

/// Every (id, revision) once and in rising order, between tombstones. Empty: it holds.
std::string check_revisions(const std::map<std::string, std::string>& outputs);

/// Lines by tenant ("" where a record names none), each tenant's in order: several journal partitions may interleave in a file in any way.
/// `without_ids`: the member `id` is left out, and lines without a tenant are sorted.
std::map<std::string, std::vector<std::string>> by_tenant(std::string_view bytes, bool without_ids);

/// The first difference in words; empty: none.
std::string difference(const std::map<std::string, std::vector<std::string>>& expected, const std::map<std::string, std::vector<std::string>>& found);

}  // namespace bartizan::testing
