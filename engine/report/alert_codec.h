#pragma once
// State rows of the alert book.

#include <string>
#include <string_view>

#include "engine/model/bytes.h"
#include "engine/model/finding.h"
#include "engine/report/alert_row.h"

namespace bartizan::report {

constexpr std::uint8_t kRowVersion = 1;

void write_value(ByteWriter& out, const CheckValue& v);
void write_check(ByteWriter& out, const Check& c);
std::string encode(const AlertRow& row);
/// False: not a row of this version, or not one that this code can have written.
bool decode(std::string_view bytes, AlertRow& row);

}  // namespace bartizan::report
