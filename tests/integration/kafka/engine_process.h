#pragma once
// The engine under test as a child process that can be killed, frozen and asked to stop.

#include <sys/types.h>

#include <string>
#include <vector>

namespace bartizan::test {

class Engine {
 public:
  /// `environment`: NAME=VALUE. Output goes to the end of `log`.
  Engine(const std::vector<std::string>& command, const std::vector<std::string>& environment, const std::string& log);
  ~Engine();  // SIGKILL
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  bool runs();
  void freeze();
  void thaw();
  /// Sends the signal and waits. Exit code, or minus the signal.
  int end(int signal);
  int code() const { return code_; }

 private:
  void note(int status);
  pid_t pid_ = -1;
  int code_ = 0;
};

}  // namespace bartizan::test
