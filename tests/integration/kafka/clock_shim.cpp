// Preloaded into a program under test: its wall clock is ahead of the machine's by what a file says, in nanoseconds (int64), and so jumps
// whenever the file is written. Steady clocks, and waits inside the C library, are the machine's.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace {

std::int64_t ahead() {
  static std::atomic<std::int64_t>* const from = [] {
    const char* path = std::getenv("BARTIZAN_CLOCK_FILE");
    const int fd = path == nullptr ? -1 : ::open(path, O_RDONLY | O_CLOEXEC);
    void* const at = fd < 0 ? MAP_FAILED : ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, fd, 0);
    return at == MAP_FAILED ? nullptr : static_cast<std::atomic<std::int64_t>*>(at);
  }();
  return from == nullptr ? 0 : from->load();
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, struct timespec* out) noexcept {
  const long done = ::syscall(SYS_clock_gettime, clock, out);
  if (done != 0 || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return static_cast<int>(done);
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t now = out->tv_sec * kSecond + out->tv_nsec + ahead();
  out->tv_sec = now / kSecond;
  out->tv_nsec = now % kSecond;
  return 0;
}

int gettimeofday(struct timeval* out, void*) noexcept {
  struct timespec now {};
  clock_gettime(CLOCK_REALTIME, &now);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* out) noexcept {
  struct timespec now {};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

}  // extern "C"
