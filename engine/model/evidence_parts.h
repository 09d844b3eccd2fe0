#pragma once
// What a piece of evidence takes alike from a sign-in and from a report of Entra's.

#include "engine/model/finding.h"
#include "engine/model/sign_in.h"
#include "engine/model/source_position.h"

namespace bartizan {

/// Owning copies.
EvidenceSource evidence_source(const SourcePosition& position);
EvidenceLocation evidence_location(const Location& location);

}  // namespace bartizan
