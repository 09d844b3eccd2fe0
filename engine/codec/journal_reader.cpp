#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/codec/journal.h"
#include "engine/codec/journal_format.h"
#include "engine/model/bytes.h"

namespace bartizan {

using namespace journal;  // NOLINT(google-build-using-namespace): this file is the reading half of that namespace

namespace {

template <class Fields>
struct Group {
  std::vector<RowOf<Fields>> rows;
  std::uint64_t last = kRefNone;  // what the object holds now: a repeat costs nothing
  void clear() {
    rows.clear();
    last = kRefNone;
  }
};

}  // namespace

struct JournalReader::Impl {
  ByteReader rows{""};
  ByteReader times{""};
  ByteReader append_times{""};
  ByteReader addresses{""};
  ByteReader guids{""};
  ByteReader event_ids{""};
  ByteReader tokens{""};
  std::vector<std::string_view> texts;
  std::size_t texts_seen = 0;

  Group<SourceFields> source;
  std::vector<PreviousOfSource> previous_of_source;
  PreviousOfSource previous_of_none;
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

  std::array<AuthStep, kAuthStepsMax> steps;
  std::array<std::string_view, kRiskEventTypesMax> risk_types;
  std::array<std::string_view, kMatchedRulesMax> matched;
  std::array<Id, kNewKeysMax> new_keys;
  std::uint32_t shape = 0;
  SourcePosition position;
  JournalEntry sign_in_entry;  // holds a SignIn always, so that unchanged groups stay in place
  JournalEntry other_entry;

  Time message_append_time{};
  bool own_append_times = false;
  std::size_t entries = 0;
  std::size_t done = 0;
  bool bad = false;
  std::uint8_t version = 0;
  std::optional<std::uint8_t> unknown_kind;
  Status state = Ok{};

  // ---- fields

  void get(std::string_view& text) {
    const std::uint64_t ref = rows.varint();
    if (ref == kRefNone) {
      text = {};
    } else if (ref == kRefNew && texts_seen < texts.size()) {
      text = texts[texts_seen++];
    } else if (ref >= kRefFirst && ref - kRefFirst < texts_seen) {
      text = texts[static_cast<std::size_t>(ref - kRefFirst)];
    } else {
      bad = true;
    }
  }
  static Id get_guid(ByteReader& in) {
    const std::string_view bytes = in.raw(16);
    if (bytes.size() != 16) return {};
    std::uint64_t words[2] = {0, 0};
    for (std::size_t i = 0; i < 16; ++i) words[i / 8] = words[i / 8] << 8 | static_cast<unsigned char>(bytes[i]);
    return Id::from_guid(words[0], words[1]);
  }
  void get(Id& id) {
    switch (rows.u8()) {
      case 0: id = {}; return;
      case 1: id = get_guid(guids); return;
      case 2: {
        std::string_view text;
        get(text);
        id = Id::from(text);
        return;
      }
      default: bad = true;
    }
  }
  void get(double& degrees) {
    // Divided, not multiplied by 1e-6: the quotient is the double nearest to the decimal number.
    const std::int64_t micro = rows.zigzag();
    bad |= micro > kMicroMax || micro < -kMicroMax;
    degrees = static_cast<double>(micro) / 1e6;
  }
  void get(std::array<char, 2>& v) {
    v[0] = static_cast<char>(rows.u8());
    v[1] = static_cast<char>(rows.u8());
  }
  void get(std::uint32_t& v) {
    const std::uint64_t wide = rows.varint();
    v = static_cast<std::uint32_t>(wide);
    bad |= v != wide;
  }
  void get(std::int32_t& v) {
    const std::int64_t wide = rows.zigzag();
    v = static_cast<std::int32_t>(wide);
    bad |= v != wide;
  }
  void get(bool& v) {
    const std::uint8_t byte = rows.u8();
    v = byte != 0;
    bad |= byte > 1;
  }
  template <class E>
    requires std::is_enum_v<E>
  void get(E& v) {
    const std::uint8_t byte = rows.u8();
    if (byte > highest<E>()) {
      bad = true;
      return;
    }
    v = static_cast<E>(byte);
  }

  /// `where` ties the fields of the object.
  template <class Fields, class Tie>
  void get_group(Group<Fields>& group, Tie where) {
    const std::uint64_t ref = rows.varint();
    if (ref == group.last) return;
    if (ref == kRefNone) {
      where = RowOf<Fields>{};
      group.last = ref;
    } else if (ref == kRefNew) {
      RowOf<Fields>& row = group.rows.emplace_back();
      std::apply([this](auto&... field) { (this->get(field), ...); }, row);
      where = row;
      group.last = kRefFirst + group.rows.size() - 1;
    } else if (ref - kRefFirst < group.rows.size()) {
      where = group.rows[static_cast<std::size_t>(ref - kRefFirst)];
      group.last = ref;
    } else {
      bad = true;
    }
  }

  // ---- entries

  void get_source() {
    get_group(source, SourceFields::of(position));
    previous_of_source.resize(source.rows.size());
    PreviousOfSource& near =
        source.last == kRefNone ? previous_of_none : previous_of_source[static_cast<std::size_t>(source.last - kRefFirst)];
    near.offset = wrapping_add(near.offset, rows.zigzag());
    near.index = static_cast<std::int32_t>(wrapping_add(near.index, rows.zigzag()));
    near.timestamp = later(near.timestamp, rows.zigzag());
    position.offset = near.offset;
    position.index = near.index;
    position.timestamp = near.timestamp;
  }

  Id get_row_id(int shift) {
    switch ((shape >> shift) & 3) {
      case 0: return {};
      case 1: return get_guid(event_ids);
      case 2: return Id::from(get_token());
      default: bad = true; return {};
    }
  }
  std::string_view get_token() { return tokens.raw(rows.varint()); }
  IpAddress get_address(int shift) { return get_address_of((shape >> shift) & 3); }
  IpAddress get_address_of(std::uint32_t family) {
    if (family == 0) return {};
    const std::string_view bytes = addresses.raw(family == 1 ? 4 : 16);
    bad |= family > 2;
    if (bytes.empty() || bad) return {};
    const auto byte = [bytes](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
    if (family == 1) return IpAddress::v4(std::uint32_t{byte(0)} << 24 | std::uint32_t{byte(1)} << 16 | std::uint32_t{byte(2)} << 8 | byte(3));
    std::array<std::uint8_t, 16> all{};
    for (std::size_t i = 0; i < 16; ++i) all[i] = byte(i);
    return IpAddress::v6(all);
  }

  void get_sign_in(SignIn& e) {
    get_group(frame, FrameFields::of(e, shape));
    get_group(user, UserFields::of(e));
    get_group(device, DeviceFields::of(e));
    get_group(client, ClientFields::of(e));
    get_group(place, PlaceFields::of(e));
    get_group(workload, WorkloadFields::of(e));
    get_group(agent, AgentFields::of(e));
    get_group(app, AppFields::of(e));
    get_group(resource, ResourceFields::of(e));
    get_group(outcome, OutcomeFields::of(e));
    get_group(opinion, OpinionFields::of(e));
    e.id = get_row_id(Shape::kIdShift);
    e.correlation_id = get_row_id(Shape::kCorrelationShift);
    e.session_id = get_row_id(Shape::kSessionShift);
    e.original_request_id = get_row_id(Shape::kOriginalRequestShift);
    e.ip = get_address(Shape::kIpShift);
    e.resource_provider_ip = get_address(Shape::kResourceProviderIpShift);
    e.unique_token_id = (shape >> Shape::kUniqueTokenShift & 1) != 0 ? get_token() : std::string_view{};
    e.ip_text = {};
    if ((shape >> Shape::kIpTextShift & 1) != 0) get(e.ip_text);
    e.published_time = later(previous.published, times.zigzag());
    e.event_time = later(e.published_time, times.zigzag());
    get_lists(e);
    previous.published = e.published_time;
  }

  void get_lists(SignIn& e) {
    const std::size_t step_count = shape >> Shape::kStepsShift & 31;
    const std::size_t risk_count = shape >> Shape::kRiskTypesShift & 31;
    const std::size_t matched_count = shape >> Shape::kMatchedShift & 127;
    if (step_count > steps.size() || risk_count > risk_types.size() || matched_count > matched.size() || shape >> 31 != 0) {
      bad = true;
      return;
    }
    for (std::size_t i = 0; i < step_count; ++i) {
      bool has_time = false;
      steps[i] = AuthStep{};
      step.last = kRefNone;  // every step is an object of its own, and starts empty
      get_group(step, StepFields::of(steps[i], has_time));
      steps[i].time = has_time ? later(e.event_time, times.zigzag()) : Time{};
    }
    for (std::size_t i = 0; i < risk_count; ++i) get(risk_types[i]);
    for (std::size_t i = 0; i < matched_count; ++i) get(matched[i]);
    e.auth_steps = std::span<const AuthStep>{steps}.first(step_count);
    e.risk_event_types = std::span<const std::string_view>{risk_types}.first(risk_count);
    e.matched_rules = std::span<const std::string_view>{matched}.first(matched_count);
  }

  Command get_command() {
    Command c;
    get(c.id);
    get(c.tenant_id);
    get(c.action);
    get(c.target);
    get(c.target_id);
    get(c.author);
    get(c.note);
    bool has_revision = false;
    get(has_revision);
    if (has_revision) c.decided_on_revision = rows.varint();
    c.at = times.time();
    return c;
  }
  BundleActivation get_activation() {
    BundleActivation a;
    get(a.hash);
    get(a.previous);
    get(a.rule_count);
    get(a.by);
    return a;
  }
  Quarantine get_quarantine() {
    Quarantine q;
    q.offset = rows.zigzag();
    get(q.index);
    return q;
  }

  RiskReport get_risk_report() {
    RiskReport r;
    std::apply([this](auto&... field) { (this->get(field), ...); }, report_fields(r));
    r.ip = get_address_of(rows.u8());
    r.published_time = times.time();
    r.event_time = later(r.published_time, times.zigzag());
    r.updated = later(r.published_time, times.zigzag());
    return r;
  }
  DirectoryChange get_directory_change() {
    DirectoryChange c;
    std::apply([this](auto&... field) { (this->get(field), ...); }, change_fields(c));
    const std::uint64_t keys = rows.varint();
    if (keys > new_keys.size()) {
      bad = true;
      return c;
    }
    for (std::size_t i = 0; i < keys; ++i) get(new_keys[i]);
    c.new_keys = std::span<const Id>{new_keys}.first(static_cast<std::size_t>(keys));
    c.published_time = times.time();
    c.event_time = later(c.published_time, times.zigzag());
    return c;
  }

  /// Kinds are refused by their number, so that a reader that is too old says what it met.
  bool known(std::uint8_t kind) {
    const int newest = version == 1 ? kFirstKindOfVersion2 - 1 : highest<Kind>();
    if (kind <= newest) return true;
    unknown_kind = kind;
    bad = true;
    return false;
  }

  JournalEntry& get_entry() {
    const std::uint8_t kind_byte = rows.u8();
    if (!known(kind_byte)) return other_entry;
    const auto kind = static_cast<Kind>(kind_byte);
    get_source();
    JournalEntry& entry = kind == Kind::sign_in ? sign_in_entry : other_entry;
    switch (kind) {
      case Kind::sign_in: get_sign_in(std::get<SignIn>(entry.body)); break;
      case Kind::command: entry.body = get_command(); break;
      case Kind::tick: entry.body = Tick{}; break;
      case Kind::bundle_activation: entry.body = get_activation(); break;
      case Kind::quarantine: entry.body = get_quarantine(); break;
      case Kind::risk_report: entry.body = get_risk_report(); break;
      case Kind::directory_change: entry.body = get_directory_change(); break;
    }
    entry.source = position;
    entry.append_time = message_append_time;
    if (own_append_times) {
      entry.append_time = later(previous.expected_append(), append_times.zigzag());
      previous.append = entry.append_time;
    }
    return entry;
  }

  bool whole() const {
    return !bad && rows.ok() && times.ok() && append_times.ok() && addresses.ok() && guids.ok() && event_ids.ok() && tokens.ok();
  }
  bool all_read() const {
    return rows.at_end() && times.at_end() && append_times.at_end() && addresses.at_end() && guids.at_end() && event_ids.at_end() &&
           tokens.at_end() && texts_seen == texts.size();
  }
  Status corrupt(std::string_view what) {
    entries = done = 0;
    state = Error{"corrupt", "journal message: " + std::string{what}};
    return state;
  }

  void clear() {
    source.clear(), frame.clear(), user.clear(), workload.clear(), agent.clear(), app.clear(), place.clear();
    device.clear(), client.clear(), resource.clear(), outcome.clear(), opinion.clear(), step.clear();
    previous_of_source.clear();
    previous_of_none = {};
    previous = {};
    texts.clear();
    texts_seen = 0;
    shape = 0;
    position = {};
    sign_in_entry.body = SignIn{};
    other_entry.body = Tick{};
    entries = done = 0;
    bad = false;
    unknown_kind.reset();
    state = Ok{};
  }

  /// Splits the table of texts; false: lengths and bytes do not agree.
  bool open_texts(std::string_view lengths, std::string_view bytes) {
    ByteReader in{lengths};
    ByteReader out{bytes};
    while (!in.at_end() && texts.size() < kTextsMax) {
      texts.push_back(out.raw(in.varint()));
      if (!in.ok() || !out.ok() || texts.back().empty()) return false;
    }
    return in.at_end() && out.at_end();
  }

  Status open(std::string_view message) {
    clear();
    if (message.empty()) return corrupt("no bytes");
    version = static_cast<std::uint8_t>(message[0]);
    if (version == 0 || version > kJournalVersion) {
      state = Error{"unknown_version", "journal message of version " + std::to_string(version) + "; this program reads versions 1 to " +
                                           std::to_string(kJournalVersion) + " (upgrade DETECT before INGEST)"};
      return state;
    }
    if (message.size() < kHeaderBytes || message.size() > kMessageBytesMax) return corrupt("bad size");
    ByteReader in{message};
    in.u8();
    const std::uint8_t flags = in.u8();
    if (flags > kOwnAppendTimes) return corrupt("unknown flags");
    if (in.u64() != checksum(message.substr(kHeaderBytes), version | std::uint64_t{flags} << 8)) return corrupt("checksum differs");
    own_append_times = flags == kOwnAppendTimes;
    const std::uint64_t count = in.varint();
    std::array<std::uint64_t, kSections> sizes{};
    for (std::uint64_t& size : sizes) size = in.varint();
    std::array<std::string_view, kSections> parts;
    for (std::size_t i = 0; i < kSections; ++i) parts[i] = in.raw(sizes[i]);
    if (!in.ok() || !in.at_end() || count > kEntriesMax) return corrupt("bad sections");
    if (!open_texts(parts[kLengths], parts[kTexts])) return corrupt("bad texts");
    rows = ByteReader{parts[kRows]};
    times = ByteReader{parts[kTimes]};
    append_times = ByteReader{parts[kAppendTimes]};
    addresses = ByteReader{parts[kAddresses]};
    guids = ByteReader{parts[kGuids]};
    event_ids = ByteReader{parts[kEventIds]};
    tokens = ByteReader{parts[kTokens]};
    if (count == 0 && !all_read()) return corrupt("bytes left over");
    entries = static_cast<std::size_t>(count);
    return state;
  }
};

JournalReader::JournalReader() : impl_(std::make_unique<Impl>()) {}
JournalReader::~JournalReader() = default;

Status JournalReader::open(std::string_view message, Time append_time) {
  impl_->message_append_time = append_time;
  return impl_->open(message);
}

const JournalEntry* JournalReader::next() {
  Impl& r = *impl_;
  if (r.done == r.entries) return nullptr;
  const JournalEntry& entry = r.get_entry();
  ++r.done;
  if (!r.whole()) {
    const std::string what = r.unknown_kind ? "entry of unknown kind " + std::to_string(*r.unknown_kind) : "bad entry";
    static_cast<void>(r.corrupt(what));
    return nullptr;
  }
  if (r.done == r.entries && !r.all_read()) {
    static_cast<void>(r.corrupt("bytes left over"));
    return nullptr;
  }
  return &entry;
}

const Status& JournalReader::status() const { return impl_->state; }
std::size_t JournalReader::entries() const { return impl_->entries; }

}  // namespace bartizan
