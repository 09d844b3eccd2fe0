#pragma once
// State rows of the ledger: entities, sign-ins, reports of Entra, remembered commands. Each begins with the version byte kRowVersion.

#include <string>
#include <string_view>

#include "engine/risk/entity_row.h"
#include "engine/risk/report_row.h"
#include "engine/risk/sign_in_row.h"

namespace bartizan::risk {

constexpr std::uint8_t kRowVersion = 1;

std::string encode(const EntityRow& row);
std::string encode(const SignInRow& row);
std::string encode(const SignInSummary& summary);
std::string encode(const ReportRow& row);
/// False: not a row of this version, or not one that this code can have written.
bool decode(std::string_view bytes, EntityRow& row);
bool decode(std::string_view bytes, SignInRow& row);
bool decode(std::string_view bytes, ReportRow& row);
bool decode_summary(std::string_view bytes, SignInSummary& summary);

}  // namespace bartizan::risk
