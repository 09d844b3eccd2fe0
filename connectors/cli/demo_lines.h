#pragma once
// The lines that `demo` can play through.

#include <memory>
#include <string>

#include "connectors/demo/line.h"
#include "engine/model/result.h"
#include "rules/packs/bundle.h"

namespace bartizan::cli {

/// Files below `folder`, which is empty or new.
Result<std::unique_ptr<demo::DemoLine>> embedded_demo_line(const std::string& folder, const Bundle& bundle);
/// Topics `bartizan-demo-...` on a cluster without security; they stay there. `folder`: for the process's identity.
Result<std::unique_ptr<demo::DemoLine>> kafka_demo_line(const std::string& broker, const std::string& folder, const Bundle& bundle);
/// REQUIRES: made by kafka_demo_line.
std::string kafka_demo_prefix(const demo::DemoLine& line);

}  // namespace bartizan::cli
