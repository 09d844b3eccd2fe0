#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/codec/column.h"
#include "engine/codec/first_seen_table.h"
#include "engine/codec/journal.h"
#include "engine/codec/journal_format.h"
#include "engine/codec/text_arena.h"
#include "engine/model/bytes.h"
#include "engine/model/check.h"
#include "engine/model/detmath.h"

namespace bartizan {

using namespace journal;  // NOLINT(google-build-using-namespace): this file is the writing half of that namespace

namespace {

// ---- hashes of fields: they choose table slots and never reach the message

constexpr std::uint64_t kMultiplierA = 0x9e3779b97f4a7c15ULL;
constexpr std::uint64_t kMultiplierB = 0xd1b54a32d192ed03ULL;

std::uint64_t load8(const char* p) {
  std::uint64_t v = 0;
  std::memcpy(&v, p, 8);
  return v;
}

/// 1 to 8 bytes, by reads that may overlap.
std::uint64_t load_short(const char* p, std::size_t n) {
  if (n >= 4) {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::memcpy(&first, p, 4);
    std::memcpy(&last, p + n - 4, 4);
    return std::uint64_t{last} << 32 | first;
  }
  const auto byte = [p](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(p[i])); };
  return byte(0) << 16 | byte(n / 2) << 8 | byte(n - 1);
}

inline std::uint64_t hash_field(std::string_view s) {
  const char* p = s.data();
  std::size_t n = s.size();
  if (n == 0) return 0;
  std::uint64_t h = n * kMultiplierA;
  for (; n > 16; p += 16, n -= 16) h = std::rotl((h ^ load8(p)) * kMultiplierA, 29) ^ (load8(p + 8) * kMultiplierB);
  if (n > 8) {
    h = std::rotl((h ^ load8(p)) * kMultiplierA, 29) ^ (load8(p + n - 8) * kMultiplierB);
  } else {
    h = (h ^ load_short(p, n)) * kMultiplierA;
  }
  return h ^ (h >> 31);
}
std::uint64_t hash_field(const Id& id) { return id.kind() == Id::Kind::text ? hash_field(id.text()) : id.hi() * kMultiplierB ^ id.lo(); }
std::uint64_t hash_field(double v) { return std::bit_cast<std::uint64_t>(v); }
std::uint64_t hash_field(const std::array<char, 2>& v) {
  return static_cast<std::uint64_t>(static_cast<unsigned char>(v[0])) << 8 | static_cast<unsigned char>(v[1]);
}
template <class T>
  requires(std::is_enum_v<T> || std::is_integral_v<T>)
std::uint64_t hash_field(T v) {
  return static_cast<std::uint64_t>(v);
}

template <class... T>
std::uint64_t hash_fields(const std::tuple<T&...>& key) {
  // A sum of products with different factors: the multiplications do not wait for each other.
  std::uint64_t sum = 0;
  std::uint64_t factor = kMultiplierA;
  std::apply([&](const auto&... field) { ((sum += hash_field(field) * factor, factor += kMultiplierB << 1), ...); }, key);
  return mix64(sum);
}

bool is_empty(std::string_view s) { return s.empty(); }
bool is_empty(const Id& id) { return id.empty(); }
bool is_empty(const std::array<char, 2>& v) { return v[0] == 0 && v[1] == 0; }
template <class T>
  requires(std::is_enum_v<T> || std::is_arithmetic_v<T>)
bool is_empty(T v) {
  return v == T{};
}
template <class... T>
bool all_empty(const std::tuple<T&...>& key) {
  return std::apply([](const auto&... field) { return (is_empty(field) && ...); }, key);
}

/// Degrees in millionths; what is no coordinate counts as 0.
std::int64_t to_micro(double degrees) {
  constexpr double kMax = static_cast<double>(kMicroMax) / 1e6;
  if (!(degrees >= -kMax && degrees <= kMax)) return 0;
  return static_cast<std::int64_t>(detmath::round_half_away(degrees * 1e6));
}

template <class Fields>
struct Group {
  FirstSeenTable<RowOf<Fields>> table;
  std::uint32_t last = 0;  // number of the row that the entry before had
  void clear() {
    table.clear();
    last = 0;
  }
};

std::uint32_t id_shape(const Id& id, int shift) { return static_cast<std::uint32_t>(id.kind()) << shift; }
std::uint32_t ip_shape(const IpAddress& ip, int shift) { return static_cast<std::uint32_t>(ip.family()) << shift; }

std::uint32_t shape_of(const SignIn& e) {
  const auto count = [](std::size_t n, std::size_t max) { return static_cast<std::uint32_t>(std::min(n, max)); };
  return id_shape(e.id, Shape::kIdShift) | id_shape(e.correlation_id, Shape::kCorrelationShift) |
         id_shape(e.session_id, Shape::kSessionShift) | id_shape(e.original_request_id, Shape::kOriginalRequestShift) |
         ip_shape(e.ip, Shape::kIpShift) | ip_shape(e.resource_provider_ip, Shape::kResourceProviderIpShift) |
         (e.unique_token_id.empty() ? 0u : 1u << Shape::kUniqueTokenShift) | (e.ip_text.empty() ? 0u : 1u << Shape::kIpTextShift) |
         count(e.auth_steps.size(), kAuthStepsMax) << Shape::kStepsShift |
         count(e.risk_event_types.size(), kRiskEventTypesMax) << Shape::kRiskTypesShift |
         count(e.matched_rules.size(), kMatchedRulesMax) << Shape::kMatchedShift;
}

}  // namespace

struct JournalWriter::Impl {
  std::array<Column, kSections> sections;
  Column& rows = sections[kRows];
  Column& times = sections[kTimes];
  Column& append_times = sections[kAppendTimes];
  Column& addresses = sections[kAddresses];
  Column& guids = sections[kGuids];
  Column& event_ids = sections[kEventIds];
  Column& tokens = sections[kTokens];

  TextArena arena;
  FirstSeenTable<std::string_view> texts;
  std::size_t text_bytes = 0;

  Group<SourceFields> source;
  std::vector<PreviousOfSource> previous_of_source;
  PreviousOfSource previous_of_none;  // entries without a source
  Group<FrameFields> frame;
  Group<UserFields> user;
  Group<WorkloadFields> workload;
  Group<AgentFields> agent;
  Group<AppFields> app;
  Group<PlaceFields> place;
  Group<DeviceFields> device;
  Group<ClientFields> client;
  Group<ResourceFields> resource;
  Group<OutcomeFields> outcome;
  Group<OpinionFields> opinion;
  Group<StepFields> step;
  Previous previous;
  std::size_t entries = 0;
  std::uint8_t version = 1;  // the lowest that can hold what was added

  // ---- fields; `put` writes a value and makes it one that stays (texts move into the arena)

  void put(std::string_view& text) {
    if (text.empty()) {
      rows.varint(kRefNone);
      return;
    }
    const std::uint64_t hash = hash_field(text);
    const std::uint32_t known = texts.find(text, hash);
    if (known != FirstSeenTable<std::string_view>::kNone) {
      rows.varint(kRefFirst + known);
      text = texts[known];
      return;
    }
    put_new(text);
    texts.add(text, hash);
  }
  void put_new(std::string_view& text) {
    rows.varint(kRefNew);
    text = arena.copy(text);
    text_bytes += text.size();
  }
  /// Without looking for the same text earlier, and not to be found later.
  void put_own(std::string_view& text) {
    if (text.empty()) {
      rows.varint(kRefNone);
      return;
    }
    put_new(text);
    texts.add_hidden(text);
  }
  template <class T>
  void put_own(T& field) {
    put(field);
  }
  void put_text(std::string_view text) { put(text); }
  void put(Id& id) {
    switch (id.kind()) {
      case Id::Kind::none: rows.u8(0); break;
      case Id::Kind::guid:
        rows.u8(1);
        put_guid(guids, id);
        break;
      case Id::Kind::text: {
        std::string_view text = id.text();
        rows.u8(2);
        put(text);
        id = Id::from(text);
        break;
      }
    }
  }
  void put_id(Id id) { put(id); }
  static void put_guid(Column& out, const Id& id) {
    out.u64_big_endian(id.hi());
    out.u64_big_endian(id.lo());
  }
  void put(double& degrees) { rows.zigzag(to_micro(degrees)); }
  void put(std::array<char, 2>& v) {
    for (const char c : v) rows.u8(static_cast<std::uint8_t>(c));
  }
  void put(std::uint32_t& v) { rows.varint(v); }
  void put(std::int32_t& v) { rows.zigzag(v); }
  void put(bool& v) { rows.u8(v ? 1 : 0); }
  template <class E>
    requires std::is_enum_v<E>
  void put(E& v) {
    rows.u8(static_cast<std::uint8_t>(v));
  }

  template <class Fields, class Key>
  void put_group(Group<Fields>& group, const Key& key) {
    if (group.last < group.table.size() && same(group.table[group.last], key)) {
      rows.varint(kRefFirst + group.last);
      return;
    }
    if (all_empty(key)) {
      rows.varint(kRefNone);
      return;
    }
    const std::uint64_t hash = hash_fields(key);
    const std::uint32_t known = group.table.find(key, hash);
    if (known != FirstSeenTable<RowOf<Fields>>::kNone) {
      rows.varint(kRefFirst + known);
      group.last = known;
      return;
    }
    rows.varint(kRefNew);
    RowOf<Fields> row{key};
    std::apply(
        [this](auto&... field) {
          if constexpr (requires { Fields::kOwnTexts; }) {
            (this->put_own(field), ...);
          } else {
            (this->put(field), ...);
          }
        },
        row);
    group.last = static_cast<std::uint32_t>(group.table.size());
    group.table.add(row, hash);
  }

  // ---- entries

  /// For one entry: about 60 fields, 16 steps of 7 fields and 84 words, at most 10 bytes each; texts make their own room.
  void make_room() {
    constexpr std::size_t kFieldsRoom = 4096;
    for (Column* column : {&rows, &times, &append_times, &addresses, &guids, &event_ids}) column->room(kFieldsRoom);
  }

  void put_source(const SourcePosition& position) {
    put_group(source, SourceFields::of(position));
    previous_of_source.resize(source.table.size());
    PreviousOfSource* near = &previous_of_none;
    if (!all_empty(SourceFields::of(position))) near = &previous_of_source[source.last];
    rows.zigzag(wrapping_subtract(position.offset, near->offset));
    rows.zigzag(static_cast<std::int64_t>(position.index) - near->index);
    rows.zigzag(difference(position.timestamp, near->timestamp));
    *near = PreviousOfSource{position.offset, position.index, position.timestamp};
  }

  void put_row_id(Column& out, const Id& id) {
    if (id.kind() == Id::Kind::guid) put_guid(out, id);
    if (id.kind() == Id::Kind::text) put_token(id.text());
  }
  void put_token(std::string_view text) {
    rows.varint(text.size());
    tokens.raw(text.data(), text.size());
  }
  void put_address(const IpAddress& ip) {
    if (!ip.empty()) addresses.raw(ip.bytes().data(), ip.family() == IpAddress::Family::v4 ? 4 : 16);
  }

  void put_sign_in(const SignIn& e) {
    const std::uint32_t shape = shape_of(e);
    put_group(frame, FrameFields::of(e, shape));
    put_group(user, UserFields::of(e));
    put_group(device, DeviceFields::of(e));
    put_group(client, ClientFields::of(e));
    put_group(place, PlaceFields::of(e));
    put_group(workload, WorkloadFields::of(e));
    put_group(agent, AgentFields::of(e));
    put_group(app, AppFields::of(e));
    put_group(resource, ResourceFields::of(e));
    put_group(outcome, OutcomeFields::of(e));
    put_group(opinion, OpinionFields::of(e));
    put_row_id(event_ids, e.id);
    put_row_id(event_ids, e.correlation_id);
    put_row_id(event_ids, e.session_id);
    put_row_id(event_ids, e.original_request_id);
    put_address(e.ip);
    put_address(e.resource_provider_ip);
    if (!e.unique_token_id.empty()) put_token(e.unique_token_id);
    if (!e.ip_text.empty()) put_text(e.ip_text);
    times.zigzag(difference(e.published_time, previous.published));
    times.zigzag(difference(e.event_time, e.published_time));
    put_steps(e);
    for (const std::string_view word : e.risk_event_types.first(std::min(e.risk_event_types.size(), kRiskEventTypesMax))) put_text(word);
    for (const std::string_view rule : e.matched_rules.first(std::min(e.matched_rules.size(), kMatchedRulesMax))) put_text(rule);
    previous.published = e.published_time;
  }

  void put_steps(const SignIn& e) {
    for (const AuthStep& s : e.auth_steps.first(std::min(e.auth_steps.size(), kAuthStepsMax))) {
      const bool has_time = s.time != Time{};
      put_group(step, StepFields::of(s, has_time));
      if (has_time) times.zigzag(difference(s.time, e.event_time));
    }
  }

  void put_command(const Command& c) {
    put_id(c.id);
    put_id(c.tenant_id);
    rows.u8(static_cast<std::uint8_t>(c.action));
    rows.u8(static_cast<std::uint8_t>(c.target));
    put_id(c.target_id);
    put_text(c.author);
    put_text(c.note);
    rows.u8(c.decided_on_revision ? 1 : 0);
    if (c.decided_on_revision) rows.varint(*c.decided_on_revision);
    times.zigzag(to_ms(c.at));
  }

  void put_risk_report(RiskReport r) {
    std::apply([this](auto&... field) { (this->put(field), ...); }, report_fields(r));
    rows.u8(static_cast<std::uint8_t>(r.ip.family()));
    put_address(r.ip);
    times.zigzag(to_ms(r.published_time));
    times.zigzag(difference(r.event_time, r.published_time));
    times.zigzag(difference(r.updated, r.published_time));
  }

  void put_directory_change(DirectoryChange c) {
    std::apply([this](auto&... field) { (this->put(field), ...); }, change_fields(c));
    const std::size_t keys = std::min(c.new_keys.size(), kNewKeysMax);
    rows.varint(keys);
    for (const Id& key : c.new_keys.first(keys)) put_id(key);
    times.zigzag(to_ms(c.published_time));
    times.zigzag(difference(c.event_time, c.published_time));
  }

  void put_body(const RiskReport& r) { put_risk_report(r); }
  void put_body(const DirectoryChange& c) { put_directory_change(c); }
  void put_body(const SignIn& e) { put_sign_in(e); }
  void put_body(const Command& c) { put_command(c); }
  void put_body(const Tick&) {}
  void put_body(const BundleActivation& a) {
    put_text(a.hash);
    put_text(a.previous);
    rows.varint(a.rule_count);
    put_text(a.by);
  }
  void put_body(const Quarantine& q) {
    rows.zigzag(q.offset);
    rows.zigzag(q.index);
  }

  void clear() {
    for (Column& section : sections) section.clear();
    arena.reset();
    texts.clear();
    text_bytes = 0;
    previous_of_source.clear();
    previous_of_none = {};
    source.clear(), frame.clear(), user.clear(), workload.clear(), agent.clear(), app.clear(), place.clear();
    device.clear(), client.clear(), resource.clear(), outcome.clear(), opinion.clear(), step.clear();
    previous = {};
    entries = 0;
    version = 1;
  }
};

JournalWriter::JournalWriter() : impl_(std::make_unique<Impl>()) {}
JournalWriter::~JournalWriter() = default;

void JournalWriter::add(const JournalEntry& entry) {
  Impl& w = *impl_;
  BARTIZAN_CHECK(!full());
  static_assert(std::variant_size_v<decltype(entry.body)> == highest<Kind>() + 1);
  w.make_room();
  const auto kind = static_cast<std::uint8_t>(entry.body.index());
  if (kind >= kFirstKindOfVersion2) w.version = kJournalVersion;
  w.rows.u8(kind);
  w.put_source(entry.source);
  std::visit([&w](const auto& body) { w.put_body(body); }, entry.body);
  w.append_times.zigzag(difference(entry.append_time, w.previous.expected_append()));
  w.previous.append = entry.append_time;
  ++w.entries;
}

std::size_t JournalWriter::entries() const { return impl_->entries; }

bool JournalWriter::full() const {
  // One entry is below 1 MiB, the largest record; half of the room stays free all the same.
  return impl_->entries == kEntriesMax || size() > kMessageBytesMax / 2;
}

std::size_t JournalWriter::size() const {
  std::size_t bytes = kHeaderBytes + 3 * kSections + impl_->text_bytes + impl_->texts.size();
  for (const Column& section : impl_->sections) bytes += section.size();
  return bytes;
}

std::string JournalWriter::finish(bool own_append_times) {
  Impl& w = *impl_;
  if (!own_append_times) w.sections[kAppendTimes].clear();
  w.sections[kLengths].room(10 * w.texts.size());
  w.sections[kTexts].room(w.text_bytes);
  for (std::size_t i = 0; i < w.texts.size(); ++i) {
    w.sections[kLengths].varint(w.texts[i].size());
    w.sections[kTexts].raw(w.texts[i].data(), w.texts[i].size());
  }
  std::string message;
  message.reserve(size());
  const std::uint8_t flags = own_append_times ? kOwnAppendTimes : 0;
  ByteWriter out{message};
  out.u8(w.version);
  out.u8(flags);
  out.u64(0);
  out.varint(w.entries);
  for (const Column& section : w.sections) out.varint(section.size());
  for (const Column& section : w.sections) message.append(section.view());
  BARTIZAN_CHECK(message.size() <= kMessageBytesMax && w.texts.size() <= kTextsMax);
  const std::uint64_t sum = checksum(std::string_view{message}.substr(kHeaderBytes), w.version | std::uint64_t{flags} << 8);
  for (std::size_t i = 0; i < 8; ++i) message[2 + i] = static_cast<char>(static_cast<unsigned char>(sum >> (8 * i)));
  w.clear();
  return message;
}

}  // namespace bartizan
