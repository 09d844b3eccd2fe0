#include "connectors/embedded/embedded_transport.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <thread>
#include <utility>

#include "connectors/embedded/raw_messages.h"
#include "engine/model/check.h"
#include "engine/pipeline/crash_point.h"

namespace bartizan::embedded {
namespace {

constexpr std::size_t kPollBytesMax = 8 << 20;  // of journal messages handed out at once
constexpr std::chrono::minutes kTrimEvery{5};
constexpr Duration kCommitAgain{20};            // pause after a commit that failed
constexpr Duration kLookAgain{20};              // follow: how soon files are looked at again

Time wall_clock() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

bool is_final(const Error& e) { return e.code != "disk_full" && e.code != "busy" && e.code != "no_permission"; }

}  // namespace

// ---------------------------------------------------------------- INGEST

class EmbeddedTransport::Ingest final : public IngestTransport {
 public:
  explicit Ingest(EmbeddedTransport& owner)
      : owner_(owner), inputs_(patterns(owner.options_), owner.options_.follow, [this](std::string_view path) { return committed(path); },
                               [this](const std::string& path) { return is_our_output(path); }),
        raw_(inputs_, owner.options_.engine_version), now_(owner.journal_->last_append_time()) {
    inputs_.open();
    // A pipe's new generation is durable before its first line can reach the journal.
    if (!inputs_.moved().empty()) commit();
  }

  std::span<const RawMessage> poll(std::size_t max, Duration timeout) override {
    // What waits for its commit bounds what is read. The worker tries again where it began the commit.
    if (commit_failed_ && (given_ || !commit())) return {};
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (true) {
      const bool by_clock = owner_.options_.arrival == Arrival::clock;
      const auto messages = raw_.next(max, by_clock ? std::optional<Time>{now()} : std::nullopt, [this](OutputRecord&& letter) {
        owner_.too_large_total_.fetch_add(1);
        dead_letter(std::move(letter));
      });
      if (!messages.empty()) {
        given_ = true;
        return messages;
      }
      // The worker knows nothing of what only this side saw (messages too large, inputs that ended), so nobody else would commit it.
      if (!given_ && (raw_.taken() > 0 || !inputs_.moved().empty() || (inputs_.exhausted() && !owner_.ingest_done_)) && !commit()) {
        return {};
      }
      if (raw_.taken() > 0) continue;
      const auto left = std::chrono::duration_cast<Duration>(deadline - std::chrono::steady_clock::now());
      if (inputs_.exhausted() || left <= Duration{0}) return {};
      std::this_thread::sleep_for(std::min(left, kLookAgain));
    }
  }

  bool exhausted() const override { return inputs_.exhausted(); }
  std::int32_t journal_partitions() const override { return owner_.options_.journal_partitions; }
  bool own_append_times() const override { return true; }

  void append(std::int32_t journal_partition, std::string message) override {
    owner_.journal_->append(journal_partition, message, now_);
    given_ = true;
  }

  void dead_letter(OutputRecord&& letter) override {
    unit_.add(letter);
  }

  bool commit() override {
    BARTIZAN_CRASH_POINT("ingest_begin");
    commit_failed_ = true;
    if (const auto s = owner_.journal_->flush(); !s) {
      owner_.note(s);
      std::this_thread::sleep_for(kCommitAgain);
      return false;
    }
    const CommitResult result = owner_.commit_unit(unit_, [this](PositionDb& db) { return put_positions(db); });
    if (result != CommitResult::committed) return false;
    commit_failed_ = false;
    given_ = false;
    unit_.clear();
    inputs_.settled();
    if (inputs_.exhausted()) owner_.ingest_done_ = true;
    return true;
  }

  Time now() override {
    if (owner_.options_.arrival == Arrival::clock) now_ = std::max(now_, wall_clock());
    return now_;
  }

  InputSet& inputs() { return inputs_; }

 private:
  static std::vector<InputPattern> patterns(const EmbeddedOptions& options) {
    std::vector<InputPattern> all = options.inputs;
    InputPattern commands;
    commands.glob = options.commands.empty() ? commands_path(options.state_dir) : options.commands;
    commands.is_command = true;
    all.push_back(std::move(commands));
    return all;
  }

  std::optional<InputPosition> committed(std::string_view path) {
    const std::lock_guard lock{owner_.commit_mutex_};
    auto found = owner_.positions_->source(path);
    if (!found) {
      owner_.note(found.error());
      return std::nullopt;
    }
    return found.value();
  }

  // A wide glob must not feed the engine its own output.
  bool is_our_output(const std::string& path) const {
    const std::string name = base_name(path);
    for (std::size_t t = 0; t < kTopicCount; ++t) {
      if (name != file_name(static_cast<Topic>(t))) continue;
      const auto ours = identify_path(owner_.options_.output + "/" + name);
      const auto theirs = identify_path(path);
      return ours && theirs && ours.value().same_file(theirs.value());
    }
    return false;
  }

  Status put_positions(PositionDb& db) {
    for (FileInput* input : inputs_.moved()) {
      if (const auto s = db.put_source(input->path(), input->position()); !s) return s;
    }
    for (std::int32_t p = 0; p < owner_.options_.journal_partitions; ++p) {
      if (const auto s = db.put_journal_end(p, owner_.journal_->durable_end(p)); !s) return s;
    }
    return Ok{};
  }

  EmbeddedTransport& owner_;
  InputSet inputs_;
  RawMessages raw_;
  OutputUnit unit_;
  Time now_;
  bool given_ = false;  // to the worker, which may hold it in messages that are not finished yet
  bool commit_failed_ = false;
};

// ---------------------------------------------------------------- DETECT

class EmbeddedTransport::Detect final : public DetectTransport {
 public:
  explicit Detect(EmbeddedTransport& owner) : owner_(owner) {
    for (std::int32_t p = 0; p < owner.options_.journal_partitions; ++p) {
      parts_.emplace_back(journal_folder(owner.options_.state_dir, p));
    }
  }

  std::vector<std::int32_t> assigned() const override {
    std::vector<std::int32_t> all(parts_.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int32_t>(i);
    return all;
  }

  void assign_at(std::int32_t partition, std::int64_t offset) override {
    Part& part = parts_.at(static_cast<std::size_t>(partition));
    part.assigned = true;
    part.seen = offset;
    fail_on(part.cursor.seek(offset));
  }

  void pause(std::int32_t partition) override { parts_.at(static_cast<std::size_t>(partition)).paused = true; }
  void resume(std::int32_t partition) override { parts_.at(static_cast<std::size_t>(partition)).paused = false; }

  std::span<const JournalMessage> poll(std::size_t max, Duration timeout) override {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (true) {
      const std::uint64_t seen = owner_.journal_->flushes();
      if (const auto messages = read(max); !messages.empty()) return messages;
      const auto left = std::chrono::duration_cast<Duration>(deadline - std::chrono::steady_clock::now());
      if (left <= Duration{0} || exhausted()) return {};
      owner_.journal_->wait(seen, left);
    }
  }

  bool exhausted() const override {
    if (!owner_.ingest_done_) return false;
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      if (parts_[p].seen < owner_.journal_->durable_end(static_cast<std::int32_t>(p))) return false;
    }
    return true;
  }

  void emit(std::int32_t partition, OutputRecord&& record) override {
    static_cast<void>(partition);
    unit_.add(record);
  }

  CommitResult commit(const std::map<std::int32_t, CommittedPosition>& positions) override {
    if (failed_) return CommitResult::fatal;
    BARTIZAN_CRASH_POINT("detect_begin");
    const CommitResult result = owner_.commit_unit(unit_, [&](PositionDb& db) -> Status {
      for (const auto& [partition, position] : positions) {
        if (const auto s = db.put_detect(partition, position); !s) return s;
      }
      return Ok{};
    });
    if (result == CommitResult::committed) {
      unit_.clear();
      trim_now_and_then();
    }
    return result;
  }

  void drop_unit() override { unit_.clear(); }

  std::int64_t first_offset(std::int32_t partition) override {
    return journal_start(journal_folder(owner_.options_.state_dir, partition)).value_or(0);
  }

  std::optional<CommittedPosition> committed_position(std::int32_t partition) override {
    const std::lock_guard lock{owner_.commit_mutex_};
    auto found = owner_.positions_->detect(partition);
    if (!found) {
      fail_on(found.error());
      return std::nullopt;
    }
    return found.value();
  }

  std::int64_t seen(std::int32_t partition) const { return parts_.at(static_cast<std::size_t>(partition)).seen; }

 private:
  struct Part {
    explicit Part(std::string folder) : cursor(std::move(folder)) {}
    JournalCursor cursor;
    std::atomic<std::int64_t> seen{0};  // next offset to hand out; read by metrics
    bool assigned = false;
    bool paused = false;
  };

  void fail_on(const Status& s) {
    if (s) return;
    failed_ = true;
    owner_.note(s);
  }

  std::span<const JournalMessage> read(std::size_t max) {
    std::size_t count = 0;
    std::size_t bytes = 0;
    messages_.clear();
    for (std::size_t p = 0; p < parts_.size() && !failed_; ++p) {
      Part& part = parts_[p];
      if (!part.assigned || part.paused) continue;
      const std::int64_t end = owner_.journal_->durable_end(static_cast<std::int32_t>(p));
      while (part.seen < end && count < max && bytes < kPollBytesMax) {
        if (count == stored_.size()) stored_.push_back(std::make_unique<StoredMessage>());
        StoredMessage& stored = *stored_[count];
        const auto more = part.cursor.next(end, stored);
        fail_on(more ? Status{Ok{}} : Status{more.error()});
        if (!more) break;
        if (!more.value()) {
          fail_on(Error{"journal_damaged", "journal partition " + std::to_string(p) + ": offset " + std::to_string(part.seen.load()) + " is missing"});
          break;
        }
        part.seen = stored.offset + 1;
        JournalMessage m;
        m.partition = static_cast<std::int32_t>(p);
        m.offset = stored.offset;
        m.append_time = stored.append_time;
        m.bytes = stored.bytes;
        messages_.push_back(m);
        ++count;
        bytes += stored.bytes.size();
      }
    }
    return messages_;
  }

  // On this thread, because checkpoints are written on it too.
  void trim_now_and_then() {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_trim_) return;
    next_trim_ = now + kTrimEvery;
    if (const auto s = owner_.trim_journal(); !s) owner_.note(s);
  }

  EmbeddedTransport& owner_;
  std::chrono::steady_clock::time_point next_trim_ = std::chrono::steady_clock::now() + kTrimEvery;
  std::vector<std::unique_ptr<StoredMessage>> stored_;
  std::vector<JournalMessage> messages_;
  std::deque<Part> parts_;
  OutputUnit unit_;
  bool failed_ = false;
};

// ---------------------------------------------------------------- both

EmbeddedTransport::EmbeddedTransport(EmbeddedOptions options, StateLock lock)
    : options_(std::move(options)), lock_(std::move(lock)), bundles_(options_.state_dir) {}

EmbeddedTransport::~EmbeddedTransport() = default;

IngestTransport& EmbeddedTransport::ingest() { return *ingest_; }
DetectTransport& EmbeddedTransport::detect() { return *detect_; }

Result<std::unique_ptr<EmbeddedTransport>> EmbeddedTransport::open(EmbeddedOptions options) {
  BARTIZAN_CHECK(options.journal_partitions > 0);
  auto lock = StateLock::take(options.state_dir);
  if (!lock) return lock.error();
  std::unique_ptr<EmbeddedTransport> transport{new EmbeddedTransport{std::move(options), std::move(lock.value())}};
  if (const auto s = transport->start(); !s) return s.error();
  return transport;
}

Status EmbeddedTransport::check_partitions() {
  const auto found = positions_->setting("journal_partitions");
  if (!found) return found.error();
  if (!found.value()) return positions_->put_setting("journal_partitions", options_.journal_partitions);
  if (*found.value() == options_.journal_partitions) return Ok{};
  return Error{"partition_count", options_.state_dir + ": its journal has " + std::to_string(*found.value()) + " partitions, the configuration says " +
                                      std::to_string(options_.journal_partitions)};
}

Status EmbeddedTransport::start() {
  auto positions = PositionDb::open(options_.state_dir + "/positions.db");
  if (!positions) return positions.error();
  positions_ = std::move(positions.value());
  if (const auto s = check_partitions(); !s) return s;
  auto checkpoints = CheckpointDb::open(options_.state_dir + "/checkpoint.db");
  if (!checkpoints) return checkpoints.error();
  checkpoints_ = std::move(checkpoints.value());
  std::vector<std::int64_t> ends;
  for (std::int32_t p = 0; p < options_.journal_partitions; ++p) {
    const auto end = positions_->journal_end(p);
    if (!end) return end.error();
    const auto detected = positions_->detect(p);
    if (!detected) return detected.error();
    ends.push_back(std::max(end.value(), detected.value() ? detected.value()->next_offset : 0));
  }
  journal_ = std::make_unique<JournalFiles>(options_.state_dir, options_.journal_partitions, options_.journal);
  if (const auto s = journal_->open(ends); !s) return s;
  outputs_ = std::make_unique<OutputFiles>(options_.output, *positions_);
  if (const auto s = outputs_->open(); !s) return s;
  ingest_ = std::make_unique<Ingest>(*this);
  detect_ = std::make_unique<Detect>(*this);
  return status();
}

template <class Positions>
CommitResult EmbeddedTransport::commit_unit(const OutputUnit& unit, Positions&& positions) {
  const std::lock_guard lock{commit_mutex_};
  const auto refuse = [this](const Status& s) {
    note(s);
    if (is_final(s.error())) return CommitResult::fatal;
    std::this_thread::sleep_for(kCommitAgain);
    return CommitResult::retry_same_bytes;
  };
  // A committed unit whose bytes could not be appended yet comes first.
  if (const auto s = outputs_->append_staged(); !s) return refuse(s);
  const auto transaction = [&]() -> Status {
    if (const auto s = positions_->begin(); !s) return s;
    if (const auto s = outputs_->stage(unit); !s) return s;
    if (const auto s = positions(*positions_); !s) return s;
    BARTIZAN_CRASH_POINT("before_sqlite_commit");
    return positions_->commit();
  };
  if (const auto s = transaction(); !s) {
    positions_->rollback();
    outputs_->unstage();
    return refuse(s);
  }
  BARTIZAN_CRASH_POINT("sqlite_committed");
  // From here on it is committed: what cannot be appended now is appended before the next commit, or at the next start.
  note(outputs_->append_staged());
  return CommitResult::committed;
}

void EmbeddedTransport::note(const Status& status) {
  const std::lock_guard lock{status_mutex_};
  const bool stays = !status_ && is_final(status_.error());
  if (!stays) status_ = status;
}

Status EmbeddedTransport::status() const {
  const std::lock_guard lock{status_mutex_};
  return status_;
}

const std::vector<InputProblem>& EmbeddedTransport::problems() const { return ingest_->inputs().problems(); }
std::uint64_t EmbeddedTransport::input_bytes_left() const { return ingest_->inputs().bytes_left(); }

std::int64_t EmbeddedTransport::journal_lag(std::int32_t partition) const {
  return std::max<std::int64_t>(0, journal_->durable_end(partition) - detect_->seen(partition));
}

Status EmbeddedTransport::close() {
  const std::lock_guard lock{commit_mutex_};
  if (const auto s = outputs_->append_staged(); !s) return s;
  return outputs_->forget_redo();
}

Status EmbeddedTransport::trim_journal() {
  std::vector<std::int64_t> keep_from;
  for (std::int32_t p = 0; p < options_.journal_partitions; ++p) {
    const auto marker = checkpoints_->marker(p);
    keep_from.push_back(marker ? marker->next_offset - 1 : 0);  // the message before P is looked at when the checkpoint is loaded
  }
  return journal_->trim(keep_from, wall_clock());
}

}  // namespace bartizan::embedded
