#pragma once
// All detector types that this binary knows.

#include <span>

#include "engine/detect/detector.h"

namespace bartizan {

/// In the alphabetical order of their files.
std::span<const DetectorType* const> detector_types();

}  // namespace bartizan
