#include "engine/detect/event_note.h"

#include <algorithm>
#include <utility>

#include "engine/model/check.h"
#include "engine/model/error_codes.h"

namespace bartizan {
namespace {

void write_big_endian(std::uint8_t* out, std::uint64_t v) {
  for (int i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(v >> (56 - 8 * i));
}
std::uint64_t read_big_endian(const std::uint8_t* in) {
  std::uint64_t v = 0;
  for (int i = 0; i < 8; ++i) v = v << 8 | in[i];
  return v;
}

std::string id_text(const EventNote& note) {
  if (note.id_kind == EventNote::IdKind::guid) {
    return Id::from_guid(read_big_endian(note.id.data()), read_big_endian(note.id.data() + 8)).str();
  }
  const auto end = std::find(note.id.begin(), note.id.end(), std::uint8_t{0});
  return std::string(note.id.begin(), end);
}

}  // namespace

EventNote note_of(const SignIn& e) {
  EventNote n;
  if (e.id.kind() == Id::Kind::guid) {
    write_big_endian(n.id.data(), e.id.hi());
    write_big_endian(n.id.data() + 8, e.id.lo());
    n.id_kind = EventNote::IdKind::guid;
  } else if (!e.id.empty() && e.id.text().size() <= n.id.size()) {
    std::copy(e.id.text().begin(), e.id.text().end(), n.id.begin());
    n.id_kind = EventNote::IdKind::short_text;
  }
  n.ip = e.ip.bytes();
  n.ip_family = e.ip.family();
  n.time = e.event_time;
  n.asn = e.asn;
  n.result_code = e.result_code;
  n.result_class = e.result_class;
  n.country = country_code(e.location.country);
  n.has_place = e.location.has_coordinates;
  if (n.has_place) n.place = compact(e.location.latitude, e.location.longitude);
  return n;
}

bool EventNote::same_event(const SignIn& e) const {
  const EventNote other = note_of(e);
  return id_kind != IdKind::none && id_kind == other.id_kind && id == other.id;
}

IpAddress EventNote::address() const {
  if (ip_family == IpAddress::Family::v6) return IpAddress::v6(ip);
  if (ip_family == IpAddress::Family::none) return {};
  return IpAddress::v4(static_cast<std::uint32_t>(ip[0]) << 24 | static_cast<std::uint32_t>(ip[1]) << 16 |
                       static_cast<std::uint32_t>(ip[2]) << 8 | ip[3]);
}

void EventNote::encode(ByteWriter& w) const {
  w.u8(static_cast<std::uint8_t>(static_cast<unsigned>(id_kind) | static_cast<unsigned>(ip_family) << 2 |
                                 static_cast<unsigned>(result_class) << 4 | (has_place ? 1U : 0U) << 6));
  w.raw(id.data(), id.size());
  w.raw(ip.data(), ip_family == IpAddress::Family::v6 ? 16 : 4);
  w.time(time);
  w.varint(asn);
  w.zigzag(result_code);
  w.u16(static_cast<std::uint16_t>(place.latitude));
  w.u16(static_cast<std::uint16_t>(place.longitude));
  w.u16(country);
  w.u8(mark);
  w.u32(tag);
}

bool EventNote::decode(ByteReader& r) {
  const std::uint8_t kinds = r.u8();
  id_kind = static_cast<IdKind>(kinds & 3);
  ip_family = static_cast<IpAddress::Family>(kinds >> 2 & 3);
  result_class = static_cast<ResultClass>(kinds >> 4 & 3);
  has_place = (kinds >> 6 & 1) != 0;
  const std::string_view id_bytes = r.raw(id.size());
  const std::string_view ip_bytes = r.raw(ip_family == IpAddress::Family::v6 ? 16 : 4);
  if (!r.ok() || (kinds & 3) > 2 || (kinds >> 2 & 3) > 2 || (kinds >> 4 & 3) > 2 || kinds >> 7 != 0) return false;
  std::copy(id_bytes.begin(), id_bytes.end(), id.begin());
  ip.fill(0);
  std::copy(ip_bytes.begin(), ip_bytes.end(), ip.begin());
  time = r.time();
  const std::uint64_t as = r.varint();
  const std::int64_t code = r.zigzag();
  asn = static_cast<std::uint32_t>(as);
  result_code = static_cast<std::int32_t>(code);
  place.latitude = static_cast<std::int16_t>(r.u16());
  place.longitude = static_cast<std::int16_t>(r.u16());
  country = r.u16();
  mark = r.u8();
  tag = r.u32();
  return r.ok() && as <= 0xffffffffULL && code == result_code;
}

void PackedNotes::assign(std::span<const EventNote> notes) {
  BARTIZAN_CHECK(notes.size() <= 8);
  std::string packed;
  ByteWriter w(packed);
  for (const EventNote& n : notes) n.encode(w);
  if (packed.size() != size_) bytes_ = packed.empty() ? nullptr : std::make_unique<char[]>(packed.size());
  std::copy(packed.begin(), packed.end(), bytes_.get());
  size_ = static_cast<std::uint16_t>(packed.size());
  count_ = static_cast<std::uint8_t>(notes.size());
}

std::vector<EventNote> PackedNotes::unpack() const {
  std::vector<EventNote> notes(count_);
  ByteReader r(std::string_view(bytes_.get(), size_));
  for (EventNote& n : notes) BARTIZAN_CHECK(n.decode(r));
  return notes;
}

void PackedNotes::encode(ByteWriter& w) const {
  w.varint(count_);
  w.text(std::string_view(bytes_.get(), size_));
}

bool PackedNotes::decode(ByteReader& r, std::size_t max) {
  const std::uint64_t count = r.varint();
  const std::string_view packed = r.text();
  if (!r.ok() || count > max) return false;
  std::vector<EventNote> notes(static_cast<std::size_t>(count));
  ByteReader inner(packed);
  for (EventNote& n : notes) {
    if (!n.decode(inner)) return false;
  }
  assign(notes);
  return inner.at_end() && size_ == packed.size();
}

Evidence evidence_of(const EventNote& note) {
  Evidence ev;
  ev.event_id = id_text(note);
  ev.time = note.time;
  if (note.ip_family != IpAddress::Family::none) ev.ip = note.address().str();
  ev.asn = note.asn;
  ev.location.country = country_text(note.country);
  if (note.has_place) {
    ev.location.has_coordinates = true;
    ev.location.latitude = note.place.latitude_degrees();
    ev.location.longitude = note.place.longitude_degrees();
  }
  EvidenceResult result;
  result.code = note.result_code;
  result.result_class = to_word(note.result_class);
  if (note.result_class == ResultClass::failure) result.reason = error_code(note.result_code).meaning;
  ev.result = std::move(result);
  return ev;
}

std::string user_title(const SignIn& e) {
  if (!e.user_name.empty()) return std::string(e.user_name);
  if (!e.user_principal_name.empty()) return std::string(e.user_principal_name);
  return e.user_id.str();
}

std::string duration_words(Duration d) {
  const auto minutes = std::max<std::int64_t>(1, (std::max<std::int64_t>(0, d.count()) + 30'000) / 60'000);
  if (minutes < 120) return std::to_string(minutes) + (minutes == 1 ? " minute" : " minutes");
  const std::int64_t hours = (minutes + 30) / 60;
  if (hours < 48) return std::to_string(hours) + " hours";
  return std::to_string((hours + 12) / 24) + " days";
}

std::string whole(double number) { return std::to_string(static_cast<std::int64_t>(number + 0.5)); }

std::string place_words(const Location& location) {
  if (!location.city.empty()) return std::string(location.city);
  if (!location.state.empty()) return std::string(location.state);
  if (!location.country_text().empty()) return std::string(location.country_text());
  return "an unknown place";
}

std::string country_text(std::uint16_t code) {
  if (code == 0) return {};
  const auto letters = country_letters(code);
  return std::string(letters.data(), letters.size());
}

Check passed(std::string what, CheckValue actual, CheckOp op, CheckValue limit, std::string unit) {
  Check c;
  c.check = std::move(what);
  c.actual = std::move(actual);
  c.op = op;
  c.limit = std::move(limit);
  c.unit = std::move(unit);
  return c;
}

}  // namespace bartizan
