#pragma once
// Named instants of a transport at which tests end the process, and commits that tests abort. Only the crash tests' own copies of the
// transports are built with them (BARTIZAN_CRASH_POINTS); the product has none.

#ifdef BARTIZAN_CRASH_POINTS
namespace bartizan {
/// Ends the process by SIGKILL when BARTIZAN_CRASH_AT names this point and it has been passed often enough ("name:count").
void crash_point(const char* name);
/// True for every BARTIZAN_ABORT_EVERY-th call.
bool forced_abort();
/// True for every BARTIZAN_UNKNOWN_EVERY-th call: the answer to a commit that was made is lost.
bool forced_unknown();
}  // namespace bartizan
#define BARTIZAN_CRASH_POINT(name) ::bartizan::crash_point(name)
#else
#define BARTIZAN_CRASH_POINT(name) static_cast<void>(0)
#endif
