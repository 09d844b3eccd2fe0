#include "connectors/kafka/error_code.h"

#include <algorithm>
#include <initializer_list>

namespace bartizan::kafka {
namespace {

bool is_one_of(std::string_view code, std::initializer_list<rd_kafka_resp_err_t> errors) {
  return std::any_of(errors.begin(), errors.end(), [code](rd_kafka_resp_err_t error) { return code == rd_kafka_err2name(error); });
}

}  // namespace

bool means_missing(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
         error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

bool means_missing(std::string_view code) {
  return is_one_of(code, {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION});
}

bool may_mean_missing(std::string_view code) {
  return means_missing(code) ||
         is_one_of(code, {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, RD_KAFKA_RESP_ERR__FENCED});
}

bool means_refused(std::string_view code) {
  return is_one_of(code, {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
                          RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED});
}

bool is_permanent(std::string_view code) { return means_refused(code) || is_one_of(code, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE}); }

bool is_ownership_lost(std::string_view code) {
  return is_one_of(code, {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID,
                          RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS});
}

}  // namespace bartizan::kafka
