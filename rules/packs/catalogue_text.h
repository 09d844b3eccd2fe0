#pragma once
// The pack as a page for people.

#include <string>
#include <vector>

#include "rules/packs/pack_reader.h"

namespace bartizan {

/// docs/detections.md: an overview table, then each rule with its parameters and defaults.
std::string catalogue_markdown(const std::vector<PackRule>& rules);

}  // namespace bartizan
