// What librdkafka needs under the thread sanitizer; linked into such builds only, before the C library.
// It uses glibc's C11 threads, which the sanitizer does not know and crashes on: here they are made of POSIX ones.

#include <pthread.h>
#include <threads.h>

#include <cerrno>
#include <cstdint>
#include <memory>

namespace {

// glibc keeps its own POSIX objects in them.
static_assert(sizeof(mtx_t) >= sizeof(pthread_mutex_t) && sizeof(cnd_t) >= sizeof(pthread_cond_t));

pthread_mutex_t* posix(mtx_t* m) { return reinterpret_cast<pthread_mutex_t*>(m); }
pthread_cond_t* posix(cnd_t* c) { return reinterpret_cast<pthread_cond_t*>(c); }

int result_of(int error) { return error == 0 ? thrd_success : error == ETIMEDOUT ? thrd_timedout : error == EBUSY ? thrd_busy : thrd_error; }

struct Start {
  thrd_start_t run;
  void* argument;
};

void* begin(void* start) {
  const std::unique_ptr<Start> own{static_cast<Start*>(start)};
  return reinterpret_cast<void*>(static_cast<std::intptr_t>(own->run(own->argument)));
}

}  // namespace

extern "C" {

/// librdkafka itself is not instrumented: the sanitizer does not see its atomic counts and calls what they guard a race.
const char* __tsan_default_suppressions() { return "race:librdkafka.so\n"; }

int thrd_create(thrd_t* thread, thrd_start_t run, void* argument) {
  auto start = std::make_unique<Start>(Start{run, argument});
  const int error = pthread_create(thread, nullptr, begin, start.get());
  if (error == 0) static_cast<void>(start.release());
  return result_of(error);
}

int thrd_join(thrd_t thread, int* result) {
  void* value = nullptr;
  const int error = pthread_join(thread, &value);
  if (result != nullptr) *result = static_cast<int>(reinterpret_cast<std::intptr_t>(value));
  return result_of(error);
}

int mtx_init(mtx_t* m, int type) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, (type & mtx_recursive) != 0 ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
  const int error = pthread_mutex_init(posix(m), &attributes);
  pthread_mutexattr_destroy(&attributes);
  return result_of(error);
}
void mtx_destroy(mtx_t* m) { pthread_mutex_destroy(posix(m)); }
int mtx_lock(mtx_t* m) { return result_of(pthread_mutex_lock(posix(m))); }
int mtx_unlock(mtx_t* m) { return result_of(pthread_mutex_unlock(posix(m))); }

int cnd_init(cnd_t* c) { return result_of(pthread_cond_init(posix(c), nullptr)); }
void cnd_destroy(cnd_t* c) { pthread_cond_destroy(posix(c)); }
int cnd_signal(cnd_t* c) { return result_of(pthread_cond_signal(posix(c))); }
int cnd_broadcast(cnd_t* c) { return result_of(pthread_cond_broadcast(posix(c))); }
int cnd_wait(cnd_t* c, mtx_t* m) { return result_of(pthread_cond_wait(posix(c), posix(m))); }
int cnd_timedwait(cnd_t* c, mtx_t* m, const timespec* until) { return result_of(pthread_cond_timedwait(posix(c), posix(m), until)); }

}  // extern "C"
