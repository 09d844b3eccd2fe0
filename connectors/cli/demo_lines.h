#pragma once
// The lines that `demo` can play through.

#include <memory>
#include <string>

#include "connectors/demo/line.h"
#include "connectors/kafka/options.h"
#include "engine/model/result.h"
#include "rules/packs/bundle.h"

namespace bartizan::cli {

/// Files below `folder`, which is empty or new.
Result<std::unique_ptr<demo::DemoLine>> embedded_demo_line(const std::string& folder, const Bundle& bundle);
/// Topics `bartizan-demo-...` of their own. `cluster` says how the brokers are reached and how topics are made; names, inputs and groups
/// are the line's. `folder`: for the process's identity. On an error no topic is left.
Result<std::unique_ptr<demo::DemoLine>> kafka_demo_line(const kafka::KafkaOptions& cluster, const std::string& folder,
                                                        const Bundle& bundle);
/// The next two REQUIRE a line made by kafka_demo_line.
std::string kafka_demo_prefix(const demo::DemoLine& line);
/// Ends the line and deletes its topics. Errors: `unreachable`, `not_removed` (some stay: the first, and why), those of a first answer.
Status remove_kafka_demo(demo::DemoLine& line);

}  // namespace bartizan::cli
