#include "connectors/demo/memory_line.h"

#include <utility>

#include "engine/model/check.h"
#include "engine/pipeline/ingest.h"
#include "engine/pipeline/shard.h"
#include "rules/packs/bundle.h"

namespace bartizan::demo {
namespace {

Bundle builtin_bundle() {
  settings::Diagnostics diagnostics;
  auto bundle = Bundle::make(builtin_pack(), EngineSettings{}, diagnostics);
  BARTIZAN_CHECK(bundle.has_value());  // compiled in
  return *std::move(bundle);
}

class MemoryLine final : public DemoLine, private JournalPort, private OutputSink {
 public:
  explicit MemoryLine(const Bundle& bundle) : hash_(bundle.hash()), store_(std::make_shared<BundleStore>()), shard_(0, store_, stats_), ingest_({}, *this, ingest_stats_) {
    store_->add(bundle);
    rules_ = static_cast<std::uint32_t>(bundle.rule_set()->rules.size());
    position_.source.input = "demo";
    position_.source.file = "sign-ins.ndjson";
  }

  Status put(std::string_view records) override {
    for (std::size_t at = 0; at < records.size();) {
      const std::size_t end = std::min(records.find('\n', at), records.size());
      take(records.substr(at, end - at), false, ++position_.offset);
      at = end + 1;
    }
    return status_;
  }
  Status put_command(std::string_view command) override {
    ingest_.flush();
    take(command, true, ++commands_);
    return status_;
  }
  Status settle(std::vector<OutputLine>& out) override {
    ingest_.flush();
    for (OutputLine& line : lines_) out.push_back(std::move(line));
    lines_.clear();
    return status_;
  }
  Status close() override { return status_; }

 private:
  void take(std::string_view bytes, bool is_command, std::int64_t offset) {
    buffer_.assign(bytes);
    buffer_.reserve(bytes.size() + RecordDecoder::kPadding + 1);
    RawMessage message;
    message.position = position_;
    message.position.offset = offset;
    if (is_command) message.position.source.input = message.position.source.file = "commands.ndjson";
    message.bytes = buffer_;
    message.is_command = is_command;
    ingest_.step(message);
  }
  void append(std::int32_t, std::string message, std::size_t) override {
    if (!status_.ok()) return;
    if (offset_ == 0) activate(message);
    if (status_.ok()) status_ = shard_.step_message(message, Time{}, offset_++, *this);
  }
  /// The bundle holds from the first record's append time on.
  void activate(std::string_view first_message) {
    JournalReader reader;
    status_ = reader.open(first_message, Time{});
    const JournalEntry* first = status_.ok() ? reader.next() : nullptr;
    JournalEntry entry;
    if (first != nullptr) entry.append_time = first->append_time;
    entry.body = BundleActivation{hash_, {}, rules_, {}};
    JournalWriter writer;
    writer.add(entry);
    if (status_.ok()) status_ = shard_.step_message(writer.finish(true), Time{}, offset_++, *this);
  }
  void dead_letter(OutputRecord&& letter) override { emit(std::move(letter)); }
  void emit(OutputRecord&& record) override { lines_.push_back({record.topic, std::move(record.value)}); }

  std::string hash_;
  std::uint32_t rules_ = 0;
  std::shared_ptr<BundleStore> store_;
  DetectStats stats_;
  IngestStats ingest_stats_;
  Shard shard_;
  IngestStep ingest_;
  SourcePosition position_;
  std::int64_t commands_ = 0, offset_ = 0;
  std::string buffer_;
  std::vector<OutputLine> lines_;
  Status status_ = Ok{};
};

}  // namespace

std::unique_ptr<DemoLine> make_memory_line() { return std::make_unique<MemoryLine>(builtin_bundle()); }

}  // namespace bartizan::demo
