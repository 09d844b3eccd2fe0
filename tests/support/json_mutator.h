#pragma once
// Breaking and bending JSON records, from a seed.

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/json_tree.h"
#include "tests/support/sign_in_generator.h"

namespace bartizan::test {

/// Changes one thing about the tree that keeps it JSON: key case, a repeated key, another type or value, a dropped or moved member, deep
/// nesting, an object or array as text.
void mutate_tree(JsonTree& tree, Random& r);
/// The tree as text, at random compact, spaced, or with escapes where none are needed.
std::string write_tree(const JsonTree& tree, Random& r);
/// Changes bytes: flips, insertions, deletions, truncation, a run copied elsewhere. Mostly breaks the JSON.
std::string mutate_text(std::string text, Random& r);
/// Puts records together: a `records` or `value` array, an outer array, lines.
std::string wrap_records(const std::vector<std::string>& records, Random& r);

}  // namespace bartizan::test
