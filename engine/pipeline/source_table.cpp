#include "engine/pipeline/source_table.h"

#include <algorithm>

#include "engine/model/bytes.h"

namespace bartizan {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::string_view kClocksKey = "clocks";
constexpr Duration kForgetStep = std::chrono::hours{1};

std::string key_bytes(const Key128& key) {
  std::string out;
  ByteWriter{out}.key(key);
  return out;
}

}  // namespace

void SourceTable::set_settings(const EngineSettings& settings) {
  lateness_ = settings.lateness;
  idle_after_ = settings.idle_after;
  rescan();
}

void SourceTable::advance(Time append_time) {
  if (append_time <= journal_time_ || !believe(append_time)) return;
  idle_clock_ += std::min<Duration>(append_time - journal_time_, kIdleStepMax);
  journal_time_ = append_time;
  if (!active_.empty() && idle_clock_ > next_idle_) rescan();
  const std::int64_t step = to_ms(journal_time_) / kForgetStep.count();
  if (step != forget_step_) {
    forget_step_ = step;
    forget();
  }
}

bool SourceTable::believe(Time append_time) {
  if (journal_time_ == Time{} || append_time - journal_time_ <= kLeapMax) {
    leap_entries_ = 0;
    return true;
  }
  const bool agrees = leap_entries_ != 0 && append_time - leap_ <= std::chrono::hours{24} && leap_ - append_time <= std::chrono::hours{24};
  leap_entries_ = agrees ? leap_entries_ + 1 : 1;
  leap_ = append_time;
  if (leap_entries_ < kLeapEntries) return false;
  leap_entries_ = 0;
  return true;
}

bool SourceTable::admit(const SourcePosition& position) {
  Row& row = rows_[row_of(position)];
  if (position.offset < row.offset || (position.offset == row.offset && position.index <= row.index)) {
#ifndef BARTIZAN_FAULT_NO_POSITION_DEDUP  // only ever defined by the target bartizan_faulty, which tests the tests
    return false;
#endif
  }
  row.offset = position.offset;
  row.index = position.index;
  row.last_seen = journal_time_;
  row.dirty = true;
  return true;
}

void SourceTable::note_event(Time event_time) {
  Row& row = rows_[last_row_];
  row.last_active = idle_clock_;
  const bool advanced = !row.has_event || event_time > row.event_max;
  if (advanced) {
    row.event_max = event_time;
    row.has_event = true;
  }
  if (!row.active) {
    row.active = true;
    active_.push_back(last_row_);
    rescan();
  } else if (advanced && lowest_ == last_row_) {
    rescan();
  }
}

// Recomputes the minimum over the active rows. Called exactly when it can have changed: the lowest row rose, a row joined, a row may
// have become idle, or settings changed.
void SourceTable::rescan() {
  std::size_t kept = 0;
  next_idle_ = Duration::max();
  Time lowest = Time::max();
  for (const std::uint32_t at : active_) {
    Row& row = rows_[at];
    if (is_idle(row)) {
      row.active = false;
      continue;
    }
    active_[kept++] = at;
    next_idle_ = std::min(next_idle_, row.last_active + idle_after_);
    if (row.event_max < lowest) {
      lowest = row.event_max;
      lowest_ = at;
    }
  }
  active_.resize(kept);
  if (kept != 0) watermark_ = std::max(watermark_, lowest - lateness_);
}

std::uint32_t SourceTable::row_of(const SourcePosition& position) {
  if (has_last_ && position.source == last_source_) return last_row_;
  const Key128 key = position.source.key();
  const auto it = index_.find(key);
  last_row_ = it != index_.end() ? it->second : insert(key);
  last_input_ = position.source.input;
  last_topic_ = position.source.topic;
  last_file_ = position.source.file;
  last_source_ = position.source;
  last_source_.input = last_input_;
  last_source_.topic = last_topic_;
  last_source_.file = last_file_;
  has_last_ = true;
  return last_row_;
}

std::uint32_t SourceTable::insert(const Key128& key) {
  if (rows_.size() >= kSourcesMax) {
    const auto oldest = std::min_element(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) {
      return a.last_seen != b.last_seen ? a.last_seen < b.last_seen : a.key < b.key;
    });
    erase(static_cast<std::uint32_t>(oldest - rows_.begin()));
    ++evictions_;
    rescan();
  }
  const auto at = static_cast<std::uint32_t>(rows_.size());
  Row row;
  row.key = key;
  row.last_seen = journal_time_;
  rows_.push_back(row);
  index_.emplace(key, at);
  return at;
}

// Fills the hole with the last row. The order of rows reaches neither outputs nor checkpoints.
void SourceTable::erase(std::uint32_t at) {
  erased_.push_back(key_bytes(rows_[at].key));
  index_.erase(rows_[at].key);
  const auto last = static_cast<std::uint32_t>(rows_.size() - 1);
  if (at != last) {
    rows_[at] = rows_[last];
    index_[rows_[at].key] = at;
  }
  rows_.pop_back();
  active_.clear();
  for (std::uint32_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i].active) active_.push_back(i);
  }
  has_last_ = false;
}

void SourceTable::forget() {
  for (std::size_t i = rows_.size(); i-- > 0;) {
    if (journal_time_ - rows_[i].last_seen > kForgetAfter) erase(static_cast<std::uint32_t>(i));
  }
  rescan();
}

void SourceTable::save_clocks(RowSink& sink) const {
  std::string row;
  ByteWriter w{row};
  w.u8(kFormat);
  w.time(journal_time_);
  w.time(watermark_);
  w.zigzag(idle_clock_.count());
  w.time(leap_);
  w.varint(leap_entries_);
  w.zigzag(forget_step_);
  w.varint(evictions_);
  sink.put(kClocksKey, row);
}

void SourceTable::save(RowSink& sink, bool all) const {
  std::vector<std::string> gone = erased_;
  std::sort(gone.begin(), gone.end());
  for (const std::string& key : gone) sink.erase(key);
  save_clocks(sink);
  std::vector<const Row*> rows;
  for (const Row& row : rows_) {
    if (all || row.dirty) rows.push_back(&row);
  }
  std::sort(rows.begin(), rows.end(), [](const Row* a, const Row* b) { return a->key < b->key; });
  std::string bytes;
  for (const Row* row : rows) {
    bytes.clear();
    ByteWriter w{bytes};
    w.u8(kFormat);
    w.zigzag(row->offset);
    w.zigzag(row->index);
    w.u8(row->has_event ? 1 : 0);
    w.time(row->event_max);
    w.zigzag(row->last_active.count());
    w.time(row->last_seen);
    sink.put(key_bytes(row->key), bytes);
  }
}

void SourceTable::saved() {
  for (Row& row : rows_) row.dirty = false;
  erased_.clear();
}

bool SourceTable::load(std::string_view key, std::string_view bytes) {
  ByteReader r{bytes};
  if (r.u8() != kFormat) return false;
  if (key == kClocksKey) {
    journal_time_ = r.time();
    watermark_ = r.time();
    idle_clock_ = Duration{r.zigzag()};
    leap_ = r.time();
    leap_entries_ = static_cast<std::uint32_t>(r.varint());
    forget_step_ = r.zigzag();
    evictions_ = r.varint();
    return r.ok() && r.at_end();
  }
  ByteReader k{key};
  Row row;
  row.key = k.key();
  if (!k.ok() || !k.at_end() || index_.contains(row.key) || rows_.size() >= kSourcesMax) return false;
  row.offset = r.zigzag();
  row.index = static_cast<std::int32_t>(r.zigzag());
  row.has_event = r.u8() != 0;
  row.event_max = r.time();
  row.last_active = Duration{r.zigzag()};
  row.last_seen = r.time();
  row.dirty = false;
  if (!r.ok() || !r.at_end()) return false;
  // rescan() takes the idle ones out again, once all rows and the clocks are here.
  row.active = row.has_event;
  const auto at = static_cast<std::uint32_t>(rows_.size());
  rows_.push_back(row);
  index_.emplace(row.key, at);
  if (row.active) active_.push_back(at);
  return true;
}

std::size_t SourceTable::bytes() const { return rows_.capacity() * sizeof(Row) + index_.capacity() * (sizeof(Key128) + 5); }

}  // namespace bartizan
