#pragma once
// Two harmless stories that look like an impossible journey and must stay silent.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "connectors/demo/tenant.h"

namespace bartizan::demo {

struct NearMiss {
  std::string_view name, title;
  std::string_view user;  // user principal name
  std::vector<Draft> drafts;
};

/// Prepares the traveller of roaming_phone(); call before the first record. Null: nobody is suited.
std::optional<std::size_t> send_traveller(Tenant& tenant, std::int64_t leave, std::int64_t back);
/// The laptop signs in from the hotel abroad; minutes later the phone does, whose traffic leaves at home.
NearMiss roaming_phone(const Tenant& tenant, std::size_t traveller, std::int64_t at);
/// A user signs in from home and minutes later through a proxy in another country that many colleagues use.
std::optional<NearMiss> shared_egress(const Tenant& tenant, std::int64_t at);

}  // namespace bartizan::demo
