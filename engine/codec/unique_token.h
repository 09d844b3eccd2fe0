#pragma once
// uniqueTokenIdentifier: the event id in another alphabet (entra.md 1.2; found by comparing captured records).

#include <optional>
#include <string_view>

#include "engine/model/id.h"

namespace bartizan {

/// The event id that a token identifier stands for: 22 characters of url-safe base64 over the GUID's 16 bytes in .NET order (since
/// 2023), or 48 characters of base64 over the GUID's text (2022). No value for anything else.
std::optional<Id> id_from_unique_token(std::string_view token);

}  // namespace bartizan
