// The alert book as state rows.

#include "engine/model/bytes.h"
#include "engine/report/alert_book_state.h"
#include "engine/report/alert_codec.h"

namespace bartizan {

namespace report {

std::string row_key(char prefix, Key128 key) {
  std::string bytes(1, prefix);
  ByteWriter{bytes}.key(key);
  return bytes;
}

Key128 dedup_key(std::string_view rule, EntityType type, std::string_view id, RuleMode mode, bool suppressed, std::uint64_t thread) {
  std::string text;
  ByteWriter out{text};
  out.text(rule);
  out.text(to_word(type));
  out.text(id);
  out.text(to_word(mode));
  out.u8(suppressed ? 1 : 0);
  if (thread != 0) out.u64(thread);
  return stable_hash128(text);
}

Key128 dedup_key(const AlertRow& row) {
  const Alert& a = row.alert;
  return dedup_key(a.rule.id, a.entity.type, a.entity.id, a.rule.mode, a.suppression != Suppression::none, row.thread);
}

}  // namespace report

using report::AlertRow;
using report::Budget;
using report::kAlertPrefix;
using report::kBudgetPrefix;
using report::kIdPrefix;
using report::row_key;

namespace {

std::string encode(const Budget& b) {
  std::string bytes;
  ByteWriter out{bytes};
  out.u8(report::kRowVersion);
  out.varint(b.credit);
  out.time(b.at);
  return bytes;
}

std::string encode(Time forgotten) {
  std::string bytes;
  ByteWriter out{bytes};
  out.u8(report::kRowVersion);
  out.time(forgotten);
  return bytes;
}

}  // namespace

void AlertBook::save(RowSink& sink, bool all) const {
  const State& s = *state_;
  std::set<std::string> names;
  if (all) {
    for (const auto& [key, slot] : s.open) names.insert(row_key(kAlertPrefix, key));
    for (const auto& [rule, budget] : s.budgets) names.insert(kBudgetPrefix + rule);
    for (const auto& [key, time] : s.used) names.insert(row_key(kIdPrefix, key));
  }
  for (const std::string& name : all ? names : s.dirty) {
    std::string row;
    const std::string_view rest = std::string_view{name}.substr(1);
    if (name[0] == kBudgetPrefix) {
      row = encode(s.budgets.find(rest)->second);
    } else {
      ByteReader in{rest};
      const Key128 key = in.key();
      if (name[0] == kAlertPrefix) {
        if (const auto it = s.open.find(key); it != s.open.end()) row = report::encode(*it->second.row);
      } else if (const auto it = s.used.find(key); it != s.used.end()) {
        row = encode(it->second);
      }
    }
    if (row.empty()) sink.erase(name);
    else sink.put(name, row);
  }
}

void AlertBook::saved() { state_->dirty.clear(); }

bool AlertBook::load(std::string_view name, std::string_view bytes) {
  State& s = *state_;
  if (name.empty()) return false;
  const std::string_view rest = name.substr(1);
  ByteReader in{bytes};
  if (name[0] == kBudgetPrefix) {
    if (in.u8() != report::kRowVersion) return false;
    Budget b;
    b.credit = in.varint();
    b.at = in.time();
    if (!in.ok() || !in.at_end()) return false;
    s.budgets[std::string{rest}] = b;
    return true;
  }
  if (rest.size() != 16) return false;
  ByteReader key_bytes{rest};
  const Key128 key = key_bytes.key();
  if (name[0] == kIdPrefix) {
    if (in.u8() != report::kRowVersion) return false;
    const Time forgotten = in.time();
    if (!in.ok() || !in.at_end()) return false;
    s.used[key] = forgotten;
    s.used_timers.insert({forgotten, key});
    return true;
  }
  auto row = std::make_unique<AlertRow>();
  if (name[0] != kAlertPrefix || !report::decode(bytes, *row) || report::dedup_key(*row) != key) return false;
  row->alert.tenant_id = s.tenant_id;
  State::Slot& slot = s.open[key];
  slot.hidden = report::hidden(row->alert);
  if (slot.hidden) ++s.hidden_open;
  slot.row = std::move(row);
  s.booked(key);
  s.dirty.erase(row_key(kAlertPrefix, key));
  return true;
}

}  // namespace bartizan
