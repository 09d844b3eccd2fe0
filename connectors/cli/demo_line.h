#pragma once
// The line under `bartizan demo`: the embedded transport in a folder, the same code as `run`.

#include <memory>
#include <string>

#include "connectors/demo/line.h"
#include "engine/model/result.h"
#include "rules/packs/bundle.h"

namespace bartizan::cli {

/// Records go to `folder`/sign-ins.ndjson, which INGEST follows; verdicts to `folder`/state/commands.ndjson; outputs come to `folder`, one file a
/// topic. Append times are the records' own, so the same story gives the same files. `folder` must exist and be empty.
Result<std::unique_ptr<demo::DemoLine>> make_demo_line(const std::string& folder, const Bundle& bundle);

}  // namespace bartizan::cli
