#pragma once
// What the client's error codes mean to us. Codes are names as rd_kafka_err2name gives them.

#include <librdkafka/rdkafka.h>

#include <string_view>

namespace bartizan::kafka {

/// A topic or partition is not there.
bool means_missing(rd_kafka_resp_err_t error);
bool means_missing(std::string_view code);
/// The same, or what hides it: the first message to a topic that was deleted times out or is refused, and the transaction fails of that.
bool may_mean_missing(std::string_view code);
/// A permission is missing.
bool means_refused(std::string_view code);
/// Sending the same bytes again does not help: a permission is missing, or a message is too large.
bool is_permanent(std::string_view code);
/// Of an offset commit: the partitions are somebody else's by now, or are about to be.
bool is_ownership_lost(std::string_view code);

}  // namespace bartizan::kafka
