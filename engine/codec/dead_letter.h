#pragma once
// Making dead letters out of bytes that could not be used.

#include <string_view>

#include "engine/model/alert.h"
#include "engine/model/source_position.h"

namespace bartizan {

/// The stage that a reason belongs to (docs/formats, table of reasons); internal_error: normalise.
DeadLetterStage stage_of(DeadLetterReason reason);
/// `bytes`: of the message or of the one record; kept up to kDeadLetterBytesMax, size and hash are of the whole.
DeadLetter make_dead_letter(DeadLetterReason reason, std::string_view detail, std::string_view bytes, const SourcePosition& position,
                            std::string_view engine_version);

}  // namespace bartizan
