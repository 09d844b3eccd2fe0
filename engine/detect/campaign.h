#pragma once
// Who was tried from where, and whose password was accepted: what a spray or stuffing wave leaves behind.

#include <cstdint>
#include <string>
#include <vector>

#include "engine/detect/distinct.h"
#include "engine/detect/event_note.h"
#include "engine/model/finding.h"
#include "engine/model/sign_in.h"

namespace bartizan {

/// An account by name. `hash` is its identity in the sets of a CampaignLog.
struct CampaignAccount {
  std::uint64_t hash = 0;
  std::string id;
  std::string name;
  std::string user_principal_name;
  bool validated = false;

  static std::uint64_t hash_of(const SignIn& e);
  static CampaignAccount of(const SignIn& e);
  Entity entity() const;
  /// Name, else user principal name, else id.
  const std::string& title() const;
  void encode(ByteWriter& w) const;
  bool decode(ByteReader& r);
};

/// What is remembered of one source, or one kind of source. At most about 10 KiB in a checkpoint.
struct CampaignLog {
  static constexpr std::size_t kNotesMax = 6;
  static constexpr std::size_t kNamesMax = 20;
  static constexpr std::size_t kCandidatesMax = 8;
  static constexpr std::size_t kHostsMax = 8;

  /// An accepted password of somebody unfamiliar at a source that is not accused yet.
  struct Candidate {
    CampaignAccount account;
    EventNote note;
  };
  struct HostCount {
    std::uint32_t host = 0;
    std::uint32_t targets = 0;
  };

  DistinctSet targets;    // accounts whose first contact failed
  DistinctSet validated;  // accounts whose password was accepted
  DistinctSet hosts;
  std::vector<HostCount> first_hosts;  // targets by host, of the first kHostsMax hosts
  NoteList<kNotesMax> notes;
  std::vector<CampaignAccount> names;  // of targets: validated first, then by first attempt
  std::vector<Candidate> candidates;

  static std::uint64_t host_of(const SignIn& e) { return e.ip.host_unit().key().lo; }
  void add_target(const SignIn& e);
  void add_candidate(const SignIn& e);
  /// False when it was known already.
  bool add_validated(CampaignAccount account);
  /// Targets of the host that had most, of the first kHostsMax.
  std::uint32_t most_of_one_host() const;
  std::uint64_t targets_total() const;
  Campaign summary() const;

  void encode(ByteWriter& w) const;
  bool decode(ByteReader& r);
  std::size_t heap_bytes() const;
};

}  // namespace bartizan
