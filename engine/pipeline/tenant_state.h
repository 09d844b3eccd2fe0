#pragma once
// Everything that the fold knows of one tenant.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/detect/profiles.h"
#include "engine/detect/rule_set.h"
#include "engine/pipeline/recent_ids.h"
#include "engine/pipeline/stats.h"
#include "engine/report/alert_book.h"
#include "engine/report/detection_book.h"
#include "engine/risk/ledger.h"

namespace bartizan {

/// Kinds of rows in a checkpoint. Numbers are part of its format and are never used again for something else.
enum class StateTable : std::uint32_t {
  shard = 1,       // key "": clocks of the partition; see Shard::save
  sources = 2,     // SourceTable
  tenant = 3,      // key: tenant id
  recent_ids = 4,  // from here on the key begins with the tenant id (length, bytes)
  profiles = 5,
  ledger = 6,
  alert_book = 7,
  detector = 8,    // and then rule id (length, bytes) and state version (u32)
  risk_detections = 9
};

/// Where parts write their rows, with the table and key prefix already decided.
class TableSink {
 public:
  virtual ~TableSink() = default;
  virtual void put(StateTable table, std::string_view key, std::string_view bytes) = 0;
  virtual void erase(StateTable table, std::string_view key) = 0;
};

/// One tenant's part of the fold. Nothing in it is shared with another tenant.
class TenantState {
 public:
  TenantState(std::string id, std::shared_ptr<const RuleSet> rules);

  /// A rule of this tenant: its detector exists where the rule has one.
  struct RunningRule {
    const Rule* rule = nullptr;
    std::unique_ptr<Detector> detector;
    RuleStats* stats = nullptr;
    bool save_all = false;  // its rows were taken over from an instance with other parameters: all of them are due
  };

  /// Rules with the same id and state version keep their state (through its encoding where parameters changed); others start afresh,
  /// and what belonged to rules that are gone is erased from the next checkpoint.
  void set_rules(std::shared_ptr<const RuleSet> rules);
  void bind_stats(DetectStats& stats);

  void save(TableSink& sink, bool all) const;
  void saved();
  /// `key` without the tenant id. False: not a row of this version.
  bool load(StateTable table, std::string_view key, std::string_view bytes);
  std::size_t bytes() const;
  std::size_t rows() const;

  const std::string& id() const { return id_; }
  const RuleSet& rule_set() const { return *rules_; }

  RecentIds recent_ids;
  Profiles profiles;
  RiskLedger ledger;
  AlertBook alerts;
  DetectionBook detections;
  std::vector<RunningRule> running;  // in the order of rule ids
  bool touched = false;              // something may wait for the ledger's flush

 private:
  std::unique_ptr<Detector> make_detector(const Rule& rule) const;
  void retire(const RunningRule& old);
  std::string detector_prefix(const Rule& rule) const;

  std::string id_;
  std::shared_ptr<const RuleSet> rules_;
  bool is_new_ = true;                       // its own row was never saved
  std::vector<std::string> pending_erase_;   // full keys of retired detectors' rows
};

}  // namespace bartizan
