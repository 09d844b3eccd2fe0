#pragma once
// What a detector remembers of an earlier sign-in, to name it as evidence later; and small helpers to say what was found.

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/detect/detector.h"
#include "engine/detect/geo.h"
#include "engine/model/bytes.h"
#include "engine/model/finding.h"
#include "engine/model/sign_in.h"

namespace bartizan {

/// A sign-in in 64 bytes. Text ids longer than 16 bytes do not fit (Entra's are GUIDs): such a note has no id and is never evidence.
struct EventNote {
  enum class IdKind : std::uint8_t { none, guid, short_text };

  std::array<std::uint8_t, 16> id{};  // GUID: hi and lo, big-endian; text: zero-padded
  std::array<std::uint8_t, 16> ip{};  // v4: the first four bytes
  Time time{};                        // event time
  std::uint32_t asn = 0;
  std::int32_t result_code = 0;
  CompactPlace place;
  std::uint16_t country = 0;
  IdKind id_kind = IdKind::none;
  IpAddress::Family ip_family = IpAddress::Family::none;
  ResultClass result_class = ResultClass::success;
  bool has_place = false;
  /// Room for the detector's own use, encoded with the note.
  std::uint8_t mark = 0;
  std::uint32_t tag = 0;

  bool names_event() const { return id_kind != IdKind::none; }
  bool same_event(const SignIn& e) const;
  IpAddress address() const;
  void encode(ByteWriter& w) const;
  bool decode(ByteReader& r);
};

EventNote note_of(const SignIn& e);
/// REQUIRES: note.names_event().
Evidence evidence_of(const EventNote& note);

/// At most `Max` notes with distinct events: the first ones stay, then the newest replaces the last.
template <std::size_t Max>
class NoteList {
 public:
  void add(const EventNote& note) {
    if (!note.names_event()) return;
    for (const EventNote& n : notes_) {
      if (n.id == note.id && n.id_kind == note.id_kind) return;
    }
    if (notes_.size() < Max) {
      notes_.reserve(notes_.size() + 1);
      notes_.push_back(note);
    } else {
      notes_.back() = note;
    }
  }
  void clear() { notes_ = {}; }
  bool empty() const { return notes_.empty(); }
  std::size_t size() const { return notes_.size(); }
  const std::vector<EventNote>& items() const { return notes_; }
  std::vector<EventNote>& items() { return notes_; }
  std::size_t heap_bytes() const { return notes_.capacity() == 0 ? 0 : notes_.capacity() * sizeof(EventNote) + 16; }
  void encode(ByteWriter& w) const {
    w.varint(notes_.size());
    for (const EventNote& n : notes_) n.encode(w);
  }
  bool decode(ByteReader& r) {
    const std::uint64_t n = r.varint();
    if (n > Max) return false;
    notes_.resize(static_cast<std::size_t>(n));
    for (EventNote& note : notes_) {
      if (!note.decode(r)) return false;
    }
    return r.ok();
  }

 private:
  std::vector<EventNote> notes_;
};

/// A few notes in as many bytes as their encoding takes, about 45 each: for rows that every user has.
class PackedNotes {
 public:
  PackedNotes() = default;
  PackedNotes(PackedNotes&&) = default;
  PackedNotes& operator=(PackedNotes&&) = default;
  /// REQUIRES: at most 8 notes.
  void assign(std::span<const EventNote> notes);
  /// The notes, in the order of assign().
  std::vector<EventNote> unpack() const;
  bool empty() const { return count_ == 0; }
  std::size_t heap_bytes() const { return size_ == 0 ? 0 : size_ + std::size_t{16}; }
  void encode(ByteWriter& w) const;
  /// False unless there are at most `max` whole notes.
  bool decode(ByteReader& r, std::size_t max);

 private:
  std::unique_ptr<char[]> bytes_;
  std::uint16_t size_ = 0;
  std::uint8_t count_ = 0;
};

/// How people know the user of `e`: display name, else user principal name, else id.
std::string user_title(const SignIn& e);
/// "55 minutes", "3 hours", "1 minute"; at least one minute.
std::string duration_words(Duration d);
/// The number without a fraction, for titles.
std::string whole(double number);
/// "Singapore", "Singapore, SG" is too long for a title: city, else state, else country, else "an unknown place".
std::string place_words(const Location& location);
/// "SG"; empty when unknown.
std::string country_text(std::uint16_t code);

/// A check that holds.
Check passed(std::string what, CheckValue actual, CheckOp op, CheckValue limit, std::string unit = {});

}  // namespace bartizan
