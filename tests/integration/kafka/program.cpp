#include "tests/integration/kafka/program.h"

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "tests/connectors/embedded/scratch.h"

namespace bartizan::test {

Ran bartizan(const std::string& folder, const std::string& arguments) {
  const std::string command = "cd '" + folder + "' && '" BARTIZAN_BINARY "' " + arguments + " > .out 2> .err < /dev/null";
  const int status = std::system(command.c_str());
  Ran ran;
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ran.out = testing::read_file(folder + "/.out");
  ran.err = testing::read_file(folder + "/.err");
  return ran;
}

std::string output_of(const std::string& command) {
  std::string out;
  std::FILE* pipe = ::popen(command.c_str(), "re");
  if (pipe == nullptr) return out;
  std::array<char, 4096> buffer{};
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) out.append(buffer.data(), n);
  ::pclose(pipe);
  return out;
}

}  // namespace bartizan::test
