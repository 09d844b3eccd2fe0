#include <csignal>
#include <string>
#include <vector>

#include "connectors/cli/app.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error value where it is written
  return bartizan::cli::run_app({argv + 1, argv + argc});
}
