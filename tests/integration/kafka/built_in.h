#pragma once
// The built-in rules as a bundle.

#include "rules/packs/bundle.h"

namespace bartizan::test {
/// Ends the process when the pack does not load.
Bundle built_in_bundle();
}  // namespace bartizan::test
