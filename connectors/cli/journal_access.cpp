#include "connectors/cli/journal_access.h"

#include <algorithm>
#include <climits>

#include "connectors/cli/errand.h"
#include "connectors/embedded/journal_files.h"
#include "connectors/embedded/state_folder.h"
#include "connectors/kafka/bundle_topic.h"
#include "connectors/kafka/journal_source.h"
#include "connectors/kafka/topic_access.h"

namespace bartizan::cli {
namespace {

class EmbeddedJournal final : public JournalAccess {
 public:
  EmbeddedJournal(std::string state, std::vector<std::int32_t> partitions)
      : state_(std::move(state)), partitions_(std::move(partitions)), bundles_(state_) {}

  std::vector<std::int32_t> partitions() const override { return partitions_; }

  Status read(std::int32_t partition, std::int64_t from, const std::function<bool(const JournalMessage&)>& visit) override {
    const std::string place = embedded::journal_folder(state_, partition);
    embedded::JournalCursor cursor(place);
    if (Status sought = cursor.seek(std::max(from, embedded::journal_start(place).value_or(0))); !sought.ok()) return sought;
    embedded::StoredMessage stored;
    while (true) {
      const auto more = cursor.next(INT64_MAX, stored);
      if (!more) return more.error();
      if (!more.value() || !visit({partition, stored.offset, stored.append_time, stored.bytes})) return Ok{};
    }
  }

  Result<std::vector<std::pair<std::int64_t, std::int32_t>>> quarantined(std::int32_t) override {
    return std::vector<std::pair<std::int64_t, std::int32_t>>{};
  }
  Result<std::string> load_bundle(std::string_view hash) override { return bundles_.load(hash); }

 private:
  std::string state_;
  std::vector<std::int32_t> partitions_;
  embedded::BundleFolder bundles_;
};

class KafkaJournal final : public JournalAccess {
 public:
  KafkaJournal(const kafka::KafkaOptions& options, std::unique_ptr<kafka::JournalSource> source)
      : source_(std::move(source)), bundles_(options) {}

  std::vector<std::int32_t> partitions() const override {
    std::vector<std::int32_t> out;
    for (std::int32_t p = 0; p < source_->partitions(); ++p) out.push_back(p);
    return out;
  }
  Status read(std::int32_t partition, std::int64_t from, const std::function<bool(const JournalMessage&)>& visit) override {
    return source_->read(partition, from, visit);
  }
  Result<std::vector<std::pair<std::int64_t, std::int32_t>>> quarantined(std::int32_t partition) override {
    return source_->quarantined(partition);
  }
  Result<std::string> load_bundle(std::string_view hash) override { return bundles_.load(hash); }

 private:
  std::unique_ptr<kafka::JournalSource> source_;
  kafka::BundleTopic bundles_;
};

}  // namespace

Result<std::unique_ptr<JournalAccess>> open_journal(const Global& global, const LoadedConfig& loaded) {
  if (loaded.config.kafka) {
    const kafka::KafkaOptions options = errand_options(global, loaded);
    if (const Status reached = kafka::reach(options); !reached.ok()) return reached.error();
    auto source = kafka::JournalSource::open(options);
    if (!source) return source.error();
    return std::unique_ptr<JournalAccess>(new KafkaJournal(options, std::move(source.value())));
  }
  const std::string state = resolve(loaded, loaded.config.state.dir);
  auto partitions = embedded::journal_partitions_in(state);
  if (partitions.empty()) return Error{"no_journal", "there is no journal in '" + state + "'"};
  return std::unique_ptr<JournalAccess>(new EmbeddedJournal(state, std::move(partitions)));
}

}  // namespace bartizan::cli
