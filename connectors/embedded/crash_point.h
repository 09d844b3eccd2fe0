#pragma once
// Named instants at which crash tests end the process. Only the crash tests' own copy of this library is built with them
// (BARTIZAN_CRASH_POINTS); the product has none.

#ifdef BARTIZAN_CRASH_POINTS
namespace bartizan::embedded {
/// Ends the process by SIGKILL when BARTIZAN_CRASH_AT names this point and it has been passed often enough ("name:count").
void crash_point(const char* name);
}  // namespace bartizan::embedded
#define BARTIZAN_CRASH_POINT(name) ::bartizan::embedded::crash_point(name)
#else
#define BARTIZAN_CRASH_POINT(name) static_cast<void>(0)
#endif
