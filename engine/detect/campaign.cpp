#include "engine/detect/campaign.h"

#include <algorithm>
#include <utility>

#include "engine/detect/profiles.h"
#include "engine/model/entity.h"

namespace bartizan {

std::uint64_t CampaignAccount::hash_of(const SignIn& e) {
  const Key128 k = Profiles::user_key(e);
  return mix64(k.hi) ^ k.lo;
}

CampaignAccount CampaignAccount::of(const SignIn& e) {
  const Entity who = describe(e, EntityRef{EntityType::user, e.user_id.empty() ? Id::from(e.user_principal_name) : e.user_id});
  return CampaignAccount{hash_of(e), who.id, who.name, who.user_principal_name, false};
}

Entity CampaignAccount::entity() const {
  Entity e;
  e.type = EntityType::user;
  e.id = id;
  e.name = name;
  e.user_principal_name = user_principal_name;
  return e;
}

const std::string& CampaignAccount::title() const {
  if (!name.empty()) return name;
  return user_principal_name.empty() ? id : user_principal_name;
}

void CampaignAccount::encode(ByteWriter& w) const {
  w.u64(hash);
  w.text(id);
  w.text(name);
  w.text(user_principal_name);
  w.u8(validated ? 1 : 0);
}

bool CampaignAccount::decode(ByteReader& r) {
  hash = r.u64();
  id = r.text();
  name = r.text();
  user_principal_name = r.text();
  const std::uint8_t v = r.u8();
  validated = v != 0;
  return r.ok() && v <= 1;
}

void CampaignLog::add_target(const SignIn& e) {
  targets.insert(CampaignAccount::hash_of(e));
  const std::uint64_t host = host_of(e);
  hosts.insert(host);
  const auto short_host = static_cast<std::uint32_t>(host);
  const auto known = std::find_if(first_hosts.begin(), first_hosts.end(), [&](const HostCount& h) { return h.host == short_host; });
  if (known != first_hosts.end()) {
    ++known->targets;
  } else if (first_hosts.size() < kHostsMax) {
    first_hosts.push_back(HostCount{short_host, 1});
  }
  if (names.size() < kNamesMax) names.push_back(CampaignAccount::of(e));
}

void CampaignLog::add_candidate(const SignIn& e) {
  Candidate c{CampaignAccount::of(e), note_of(e)};
  if (!c.note.names_event() || candidates.size() >= kCandidatesMax) return;
  const auto same = [&](const Candidate& other) { return other.account.hash == c.account.hash; };
  if (std::none_of(candidates.begin(), candidates.end(), same)) candidates.push_back(std::move(c));
}

bool CampaignLog::add_validated(CampaignAccount account) {
  if (!validated.insert(account.hash)) return false;
  account.validated = true;
  std::erase_if(names, [&](const CampaignAccount& a) { return a.hash == account.hash; });
  const auto first_other = std::find_if(names.begin(), names.end(), [](const CampaignAccount& a) { return !a.validated; });
  names.insert(first_other, std::move(account));
  if (names.size() > kNamesMax) names.pop_back();
  return true;
}

std::uint32_t CampaignLog::most_of_one_host() const {
  std::uint32_t most = 0;
  for (const HostCount& h : first_hosts) most = std::max(most, h.targets);
  return most;
}

std::uint64_t CampaignLog::targets_total() const { return std::max<std::uint64_t>(targets.count(), names.size()); }

Campaign CampaignLog::summary() const {
  Campaign c;
  c.targets_total = targets_total();
  c.validated_total = validated.count();
  c.sources_total = std::max<std::uint64_t>(1, hosts.count());
  for (const CampaignAccount& a : names) c.targets.push_back(CampaignTarget{a.entity(), a.validated});
  return c;
}

void CampaignLog::encode(ByteWriter& w) const {
  targets.encode(w);
  validated.encode(w);
  hosts.encode(w);
  w.varint(first_hosts.size());
  for (const HostCount& h : first_hosts) {
    w.u32(h.host);
    w.u32(h.targets);
  }
  notes.encode(w);
  w.varint(names.size());
  for (const CampaignAccount& a : names) a.encode(w);
  w.varint(candidates.size());
  for (const Candidate& c : candidates) {
    c.account.encode(w);
    c.note.encode(w);
  }
}

bool CampaignLog::decode(ByteReader& r) {
  if (!targets.decode(r) || !validated.decode(r) || !hosts.decode(r)) return false;
  const std::uint64_t host_count = r.varint();
  if (host_count > kHostsMax) return false;
  first_hosts.resize(static_cast<std::size_t>(host_count));
  for (HostCount& h : first_hosts) {
    h.host = r.u32();
    h.targets = r.u32();
  }
  if (!notes.decode(r)) return false;
  const std::uint64_t name_count = r.varint();
  if (name_count > kNamesMax) return false;
  names.resize(static_cast<std::size_t>(name_count));
  for (CampaignAccount& a : names) {
    if (!a.decode(r)) return false;
  }
  const std::uint64_t candidate_count = r.varint();
  if (candidate_count > kCandidatesMax) return false;
  candidates.resize(static_cast<std::size_t>(candidate_count));
  for (Candidate& c : candidates) {
    if (!c.account.decode(r) || !c.note.decode(r)) return false;
  }
  return r.ok();
}

std::size_t CampaignLog::heap_bytes() const {
  const auto text = [](const CampaignAccount& a) { return a.id.capacity() + a.name.capacity() + a.user_principal_name.capacity(); };
  std::size_t n = targets.heap_bytes() + validated.heap_bytes() + hosts.heap_bytes() + notes.heap_bytes();
  n += first_hosts.capacity() * sizeof(HostCount) + names.capacity() * sizeof(CampaignAccount) + candidates.capacity() * sizeof(Candidate);
  for (const CampaignAccount& a : names) n += text(a);
  for (const Candidate& c : candidates) n += text(c.account);
  return n;
}

}  // namespace bartizan
