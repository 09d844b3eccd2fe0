#pragma once
// Assertions that stay in release builds: a broken promise inside our own code ends the process, and recovery is always safe.

namespace bartizan {
[[noreturn]] void check_failed(const char* expression, const char* file, int line);
}

#define BARTIZAN_CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::bartizan::check_failed(#expression, __FILE__, __LINE__))
