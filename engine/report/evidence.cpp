#include "engine/report/evidence.h"

#include <algorithm>
#include <tuple>

#include "engine/model/bytes.h"
#include "engine/report/alert_codec.h"

namespace bartizan::report {

namespace {

bool earlier(const Evidence& a, const Evidence& b) { return std::tie(a.time, a.event_id) < std::tie(b.time, b.event_id); }

bool same_named(const Named& a, const Named& b) {
  return a.id.empty() || b.id.empty() ? a == b : a.id == b.id;
}

/// How many of the item's values stand in no other kept item.
int difference(const std::vector<Evidence>& kept, std::size_t item) {
  const Evidence& e = kept[item];
  bool ip = !e.ip.empty(), asn = e.asn != 0, country = !e.location.country.empty(), app = !e.app.empty(),
       resource = !e.resource.empty(), agent = !e.user_agent.empty();
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (i == item) continue;
    const Evidence& o = kept[i];
    ip = ip && o.ip != e.ip;
    asn = asn && o.asn != e.asn;
    country = country && o.location.country != e.location.country;
    app = app && !same_named(o.app, e.app);
    resource = resource && !same_named(o.resource, e.resource);
    agent = agent && o.user_agent != e.user_agent;
  }
  return ip + asn + country + app + resource + agent;
}

}  // namespace

bool drop_least_different(std::vector<Evidence>& kept) {
  if (kept.size() <= 1) return false;
  if (kept.size() <= 3) {  // nothing between first and last: the newest event is kept longest
    kept.erase(kept.begin() + 1);
    return true;
  }
  std::size_t least = 2;
  int least_difference = difference(kept, least);
  for (std::size_t i = 3; i + 1 < kept.size(); ++i) {
    const int d = difference(kept, i);
    if (d <= least_difference) {  // among equals the newest goes: the beginning of a story says more than its middle
      least = i;
      least_difference = d;
    }
  }
  kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(least));
  return true;
}

void clip(CheckValue& v) {
  if (auto* list = std::get_if<std::vector<CheckScalar>>(&v); list != nullptr && list->size() > kListMax) list->resize(kListMax);
}

void clip(Evidence& e) {
  if (e.fields.size() > kEvidenceFieldsMax) e.fields.resize(kEvidenceFieldsMax);
  std::string bytes;
  std::size_t keep = 0;
  for (; keep < e.fields.size(); ++keep) {
    clip(e.fields[keep].second);
    ByteWriter out{bytes};
    out.text(e.fields[keep].first);
    write_value(out, e.fields[keep].second);
    if (bytes.size() > kEvidenceFieldBytesMax) break;
  }
  e.fields.resize(keep);
}

void merge_evidence(std::vector<Evidence>& kept, std::vector<Evidence>&& more) {
  for (Evidence& e : more) {
    clip(e);
    const auto same = std::find_if(kept.begin(), kept.end(), [&](const Evidence& k) { return k.event_id == e.event_id; });
    if (same != kept.end()) {
      if (same == kept.begin() || e.source.empty()) continue;  // the anchor stays as opened; a sketch does not replace a full item
      kept.erase(same);
    }
    if (kept.empty()) {
      kept.push_back(std::move(e));
      continue;
    }
    kept.insert(std::upper_bound(kept.begin() + 1, kept.end(), e, earlier), std::move(e));
    if (kept.size() > kEvidenceMax) drop_least_different(kept);
  }
}

}  // namespace bartizan::report
