#pragma once
// Keeps what a decoder says, for comparison.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/codec/record_decoder.h"
#include "tests/support/sign_in_fields.h"

namespace bartizan::test {

struct DecodedRecord {
  enum class Kind { sign_in, risk_report, directory_change, command, dead_letter, ignored };
  Kind kind = Kind::sign_in;
  std::int32_t index = -1;
  SignInFields fields;  // sign-ins, risk reports, directory changes
  DeadLetter letter;
  IgnoredReason ignored = IgnoredReason::blank;
  std::string command;  // "action target id"
};

class CollectingSink : public RecordSink {
 public:
  std::vector<DecodedRecord> records;

  void sign_in(const SignIn& e, const SourcePosition& position) override {
    add(DecodedRecord::Kind::sign_in, position.index).fields = fields_of(e);
  }
  void risk_report(const RiskReport& report, const SourcePosition& position) override {
    add(DecodedRecord::Kind::risk_report, position.index).fields = fields_of(report);
  }
  void directory_change(const DirectoryChange& c, const SourcePosition& position) override {
    add(DecodedRecord::Kind::directory_change, position.index).fields = fields_of(c);
  }
  void command(const Command& c, const SourcePosition& position) override {
    DecodedRecord& r = add(DecodedRecord::Kind::command, position.index);
    r.command = std::string{to_word(c.action)} + " " + std::string{to_word(c.target)} + " " + c.target_id.str();
  }
  void dead_letter(DeadLetter&& letter) override {
    DecodedRecord& r = add(DecodedRecord::Kind::dead_letter, letter.source.index);
    r.letter = std::move(letter);
  }
  void ignored(IgnoredReason reason) override { add(DecodedRecord::Kind::ignored, -1).ignored = reason; }

 private:
  DecodedRecord& add(DecodedRecord::Kind kind, std::int32_t index) {
    DecodedRecord& r = records.emplace_back();
    r.kind = kind;
    r.index = index;
    return r;
  }
};

/// Text with hostile padding: tokens that would go on where the text ends.
class PaddedText {
 public:
  explicit PaddedText(std::string_view text) : size_(text.size()), bytes_(new char[text.size() + RecordDecoder::kPadding]) {
    text.copy(bytes_.get(), size_);
    constexpr std::string_view kHostile = "\",:}]1e5\\u";
    for (std::size_t i = 0; i < RecordDecoder::kPadding; ++i) bytes_[size_ + i] = kHostile[i % kHostile.size()];
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;  // exactly as long as promised, so that a sanitizer sees a read beyond
};

inline std::vector<DecodedRecord> decode_all(std::string_view message, const DecodeOptions& options = {}, bool commands = false) {
  static RecordDecoder decoder;  // one for all: nothing may be left over from earlier messages
  CollectingSink sink;
  const PaddedText text{message};
  SourcePosition position;
  position.source.input = "test";
  if (commands) {
    decoder.decode_command(text.view(), position, options, sink);
  } else {
    decoder.decode(text.view(), position, options, sink);
  }
  return sink.records;
}

}  // namespace bartizan::test
