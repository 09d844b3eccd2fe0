#include "tests/integration/kafka/program.h"

#include <sys/wait.h>

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

}  // namespace bartizan::test
