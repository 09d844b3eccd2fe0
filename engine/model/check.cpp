#include "engine/model/check.h"

#include <cstdio>
#include <cstdlib>

namespace bartizan {

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "bartizan: internal check failed: %s at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace bartizan
