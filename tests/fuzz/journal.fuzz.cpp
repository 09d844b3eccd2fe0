// Any bytes give an error or entries. The first byte chooses whether the rest gets a right header, so that the reading behind the checksum is
// tried too. Entries that were read are written again and must come back the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/codec/journal.h"
#include "engine/codec/journal_format.h"
#include "tests/support/random_entries.h"

namespace {

using namespace bartizan;

std::string with_header(std::string_view body, std::uint8_t version) {
  std::string message;
  message.push_back(static_cast<char>(version));
  message.push_back(static_cast<char>(journal::kOwnAppendTimes));
  const std::uint64_t sum = journal::checksum(body, version | std::uint64_t{journal::kOwnAppendTimes} << 8);
  for (int i = 0; i < 8; ++i) message.push_back(static_cast<char>(static_cast<unsigned char>(sum >> (8 * i))));
  return message.append(body);
}

void check_round_trip(const JournalEntry& entry) {
  JournalWriter writer;
  writer.add(entry);
  const std::string message = writer.finish(true);
  JournalReader reader;
  if (!reader.open(message, Time{})) std::abort();
  const JournalEntry* again = reader.next();
  if (again == nullptr || !test::difference(entry, *again).empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  const std::string message = (data[0] & 1) != 0 ? with_header(bytes, (data[0] & 2) != 0 ? 2 : 1) : std::string{bytes};
  JournalReader reader;
  if (!reader.open(message, Time{})) return 0;
  std::size_t entries = 0;
  while (const JournalEntry* entry = reader.next()) {
    if (++entries <= 4) check_round_trip(*entry);
  }
  if (!reader.status() && reader.status().error().code != "corrupt") std::abort();
  return 0;
}
