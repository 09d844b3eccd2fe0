#pragma once
// The journal's binary form: many entries per message (docs/formats/journal.md).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/model/journal_entry.h"
#include "engine/model/result.h"

namespace bartizan {

/// The newest version. A message is written in the lowest version that can hold it: 2 has risk reports and directory changes.
constexpr std::uint8_t kJournalVersion = 2;

/// Packs entries into one message. Texts that repeat within a message are stored once. Reusable.
class JournalWriter {
 public:
  JournalWriter();
  ~JournalWriter();
  /// REQUIRES: not full().
  void add(const JournalEntry& entry);
  /// Another entry might not fit: finish first. A message holds at most 65,536 entries and 16 MiB.
  bool full() const;
  std::size_t entries() const;
  /// Bytes that the message would have now, roughly (within 5 %).
  std::size_t size() const;
  /// The finished message; resets the writer. `own_append_times`: entries keep their own append_time (embedded transport, replay);
  /// otherwise the append time is the message's (Kafka's LogAppendTime) and none is stored.
  std::string finish(bool own_append_times);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Unpacks one message. Entries and their views live until the next call of next() or open().
class JournalReader {
 public:
  JournalReader();
  ~JournalReader();
  /// Error codes: `unknown_version` (names the version: DETECT is older than INGEST), `corrupt`. `append_time` is used where the message
  /// holds none. `message` must outlive the reading.
  Status open(std::string_view message, Time append_time);
  /// Null at the end. After a null, `status()` tells whether the message was whole. Texts are views into `message`.
  const JournalEntry* next();
  const Status& status() const;
  std::size_t entries() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bartizan
