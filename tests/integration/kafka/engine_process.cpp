#include "tests/integration/kafka/engine_process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bartizan::test {

Engine::Engine(const std::vector<std::string>& command, const std::vector<std::string>& environment, const std::string& log) {
  std::vector<std::string> words = command;
  std::vector<std::string> settings = environment;
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(out, 1);
  ::dup2(out, 2);
  for (std::string& setting : settings) ::putenv(setting.data());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

Engine::~Engine() { end(SIGKILL); }

bool Engine::runs() {
  if (pid_ <= 0) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
  note(status);
  return false;
}

void Engine::freeze() { ::kill(pid_, SIGSTOP); }
void Engine::thaw() { ::kill(pid_, SIGCONT); }

int Engine::end(int signal) {
  if (pid_ <= 0) return code_;
  ::kill(pid_, signal);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  note(status);
  return code_;
}

void Engine::note(int status) {
  code_ = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  pid_ = -1;
}

}  // namespace bartizan::test
