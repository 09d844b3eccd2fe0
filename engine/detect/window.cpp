#include "engine/detect/window.h"

#include "engine/model/detmath.h"

namespace bartizan {

double linear_count(unsigned set_bits, unsigned bits) {
  if (set_bits == 0) return 0;
  const double m = bits;
  // A full bitmap says "at least": the expected count at which the last bit falls.
  if (set_bits >= bits) return m * (detmath::log(m) + 0.5772156649);
  return -m * detmath::log(1.0 - set_bits / m);
}

}  // namespace bartizan
