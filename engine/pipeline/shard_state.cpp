// How a Shard leaves for a checkpoint and comes back.

#include "engine/model/bytes.h"
#include "engine/model/check.h"
#include "engine/pipeline/shard.h"

namespace bartizan {
namespace {

constexpr std::uint8_t kFormat = 1;

/// Rows of a part whose keys need no prefix.
class PlainSink final : public RowSink {
 public:
  PlainSink(TableSink& sink, StateTable table) : sink_(sink), table_(table) {}
  void put(std::string_view key, std::string_view bytes) override { sink_.put(table_, key, bytes); }
  void erase(std::string_view key) override { sink_.erase(table_, key); }

 private:
  TableSink& sink_;
  StateTable table_;
};

}  // namespace

void Shard::save(TableSink& sink, bool all) const {
  std::string row;
  ByteWriter w{row};
  w.u8(kFormat);
  w.zigzag(next_offset_);
  w.u64(output_hash_);
  w.u64(journal_checksum_);
  w.zigzag(timer_second_);
  w.zigzag(timer_watermark_second_);
  w.u8(timers_waiting_ ? 1 : 0);
  w.zigzag(expire_step_);
  w.text(rules_->bundle_hash);
  sink.put(StateTable::shard, "", row);
  PlainSink sources{sink, StateTable::sources};
  sources_.save(sources, all);
  for (const TenantState* t : by_id_) t->save(sink, all);
}

void Shard::saved() {
  sources_.saved();
  for (TenantState* t : by_id_) t->saved();
}

CheckpointMarker Shard::marker(bool clean_stop) const {
  CheckpointMarker m;
  m.partition = partition_;
  m.next_offset = next_offset_;
  m.output_hash = output_hash_;
  m.journal_checksum = journal_checksum_;
  m.fold_version = kFoldVersion;
  m.bundle_hash = rules_->bundle_hash;
  m.clean_stop = clean_stop;
  return m;
}

Status Shard::begin_load(const CheckpointMarker& marker) {
  BARTIZAN_CHECK(by_id_.empty() && next_offset_ == 0);
  if (!marker.bundle_hash.empty()) {
    rules_ = store_->find(marker.bundle_hash);
    if (!rules_) return Error{"unknown_bundle", "the checkpoint needs bundle " + marker.bundle_hash + ", which is not in the bundle store"};
  }
  next_offset_ = marker.next_offset;
  output_hash_ = marker.output_hash;
  journal_checksum_ = marker.journal_checksum;
  return Ok{};
}

bool Shard::load_row(std::uint32_t table, std::string_view key, std::string_view bytes) {
  const auto kind = static_cast<StateTable>(table);
  if (kind == StateTable::shard) return load_clocks(bytes);
  if (kind == StateTable::sources) return sources_.load(key, bytes);
  if (table < static_cast<std::uint32_t>(StateTable::tenant) || table > static_cast<std::uint32_t>(StateTable::risk_detections)) return false;
  std::string_view tenant_id = key;
  std::string_view rest;
  if (kind != StateTable::tenant) {
    ByteReader r{key};
    tenant_id = r.text();
    if (!r.ok()) return false;
    rest = key.substr(key.size() - r.left());
  }
  if (tenant_id.empty()) return false;
  const Key128 id = Id::from(tenant_id).key();
  const auto it = tenants_.find(id);
  TenantState& t = it != tenants_.end() ? *it->second : add_tenant(id, std::string{tenant_id});
  return t.load(kind, rest, bytes);
}

bool Shard::load_clocks(std::string_view bytes) {
  ByteReader r{bytes};
  if (r.u8() != kFormat) return false;
  const bool same = r.zigzag() == next_offset_ && r.u64() == output_hash_ && r.u64() == journal_checksum_;
  timer_second_ = r.zigzag();
  timer_watermark_second_ = r.zigzag();
  timers_waiting_ = r.u8() != 0;
  expire_step_ = r.zigzag();
  return r.text() == rules_->bundle_hash && r.ok() && r.at_end() && same;
}

Status Shard::end_load() {
  sources_.set_settings(rules_->settings);  // also rebuilds what is derived
  return Ok{};
}

}  // namespace bartizan
