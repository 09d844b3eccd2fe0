#pragma once
// Which sign-ins an alert shows.

#include <vector>

#include "engine/model/finding.h"

namespace bartizan::report {

constexpr std::size_t kEvidenceMax = 20;
constexpr std::size_t kEvidenceFieldsMax = 32;
/// Open fields of one evidence item, encoded; what is beyond is left out.
constexpr std::size_t kEvidenceFieldBytesMax = 8 * 1024;

/// Adds sign-ins to those kept. kept[0] is the anchor and stays where it is; the rest is sorted by (time, event id), one per event.
/// Of too many the least different goes: the one with the fewest values of address, network, country, application, resource and user
/// agent that no other kept item has. First and last always stay.
void merge_evidence(std::vector<Evidence>& kept, std::vector<Evidence>&& more);
/// Drops the least different item. False: only the anchor is left.
bool drop_least_different(std::vector<Evidence>& kept);
/// Scalars in one check or field value.
constexpr std::size_t kListMax = 16;
void clip(CheckValue& v);
/// Cuts open fields to their bounds.
void clip(Evidence& e);

}  // namespace bartizan::report
