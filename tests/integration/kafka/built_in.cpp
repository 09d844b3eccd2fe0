#include "tests/integration/kafka/built_in.h"

#include <cstdlib>
#include <iostream>

namespace bartizan::test {

Bundle built_in_bundle() {
  settings::Diagnostics diagnostics;
  auto bundle = Bundle::make(builtin_pack(), EngineSettings{}, diagnostics);
  if (bundle) return std::move(*bundle);
  std::cerr << "the built-in pack does not load\n";
  std::exit(5);
}

}  // namespace bartizan::test
