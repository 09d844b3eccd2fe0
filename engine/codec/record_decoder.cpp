#include "engine/codec/record_decoder.h"

#include <algorithm>
#include <vector>

#include "engine/codec/command_reader.h"
#include "engine/codec/dead_letter.h"
#include "engine/codec/json_index.h"
#include "engine/codec/other_records.h"
#include "engine/codec/record_fields.h"
#include "engine/codec/sign_in_reader.h"

namespace bartizan {
namespace {

constexpr std::size_t kMessageBytesMax = 64 * 1024 * 1024;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool is_blank(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
}

DeadLetterReason reason_of(JsonError e) {
  switch (e) {
    case JsonError::invalid_utf8: return DeadLetterReason::invalid_utf8;
    case JsonError::too_deep: return DeadLetterReason::too_deep;
    default: return DeadLetterReason::malformed_json;
  }
}

std::string_view detail_of(JsonError e) {
  switch (e) {
    case JsonError::invalid_utf8: return "bytes that are not UTF-8";
    case JsonError::too_deep: return "nested deeper than 1024 levels";
    default: return "not one JSON value, nor values on lines of their own";
  }
}

}  // namespace

std::string_view to_word(IgnoredReason r) {
  switch (r) {
    case IgnoredReason::other_category: return "other_category";
    case IgnoredReason::blank: return "blank";
    case IgnoredReason::null_value: return "null_value";
  }
  return "";
}

struct RecordDecoder::Impl {
  /// One call of decode(): what every step needs.
  struct Call {
    std::string_view message;
    const SourcePosition& position;
    const DecodeOptions& options;
    RecordSink& sink;
    bool commands;
    std::int32_t next_index = 0;  // of records in a message that holds several
  };

  JsonIndex json;
  TextArena arena;
  SignInReader reader{arena};
  OtherRecords others{arena};
  JsonIndex rewritten;  // a sign-in of another dialect
  RecordPlaces rewritten_places;
  RecordWalk record_walk;
  RecordPlaces places;
  std::vector<Token> documents;
  std::string why;

  void decode(Call& call);
  Token walk(Token t);
  bool check_all(Token next, Call& call);
  void document(Token t, Token next, Call& call, bool alone);
  void elements(Token array, Call& call, bool expand);
  bool wrapped(Token t, Token next, Call& call, bool alone);
  void record(Token t, Token next, Call& call, bool alone);
  void other_record(Token t, std::string_view shown, const SourcePosition& position, Call& call);
  void record_dead(DeadLetterReason reason, std::string_view detail, std::string_view bytes, const SourcePosition& position, Call& call);
  void message_dead(DeadLetterReason reason, std::string_view detail, Call& call);
  SourcePosition place(Call& call, bool alone);
};

void RecordDecoder::Impl::message_dead(DeadLetterReason reason, std::string_view detail, Call& call) {
  call.sink.dead_letter(make_dead_letter(reason, detail, call.message, call.position, call.options.engine_version));
}

void RecordDecoder::Impl::record_dead(DeadLetterReason reason, std::string_view detail, std::string_view bytes,
                                      const SourcePosition& position, Call& call) {
  call.sink.dead_letter(make_dead_letter(reason, detail, bytes, position, call.options.engine_version));
}

SourcePosition RecordDecoder::Impl::place(Call& call, bool alone) {
  SourcePosition p = call.position;
  p.index = alone ? -1 : call.next_index++;
  return p;
}

/// Checks the text before anything is made of it: broken syntax costs the whole message.
void RecordDecoder::Impl::decode(Call& call) {
  std::string_view text = call.message;
  if (text.size() > kMessageBytesMax) return message_dead(DeadLetterReason::too_large, "a message over 64 MiB", call);
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) text.remove_prefix(kByteOrderMark.size());
  if (is_blank(text)) return call.sink.ignored(IgnoredReason::blank);
  if (const JsonError error = json.open(text); error != JsonError::none) return message_dead(reason_of(error), detail_of(error), call);
  const Token next = walk(0);
  if (next == json.end()) return document(0, next, call, true);
  if (!check_all(next, call)) return;
  for (const Token t : documents) {
    document(t, walk(t), call, false);
  }
}

/// The documents of a message of several, which stand on lines of their own. False: a dead letter has been written.
bool RecordDecoder::Impl::check_all(Token next, Call& call) {
  documents.assign(1, 0);
  while (next != json.end()) {
    const std::string_view before = json.text().substr(0, json.offset(next));
    const std::size_t last = before.find_last_not_of(" \t\r\n");
    if (before.find('\n', last + 1) == std::string_view::npos) {
      message_dead(DeadLetterReason::malformed_json, "text after the end of the record", call);
      return false;
    }
    documents.push_back(next);
    next = json.behind(next);
  }
  return true;
}

/// Notes an object in `places`. Gives the token behind the value.
Token RecordDecoder::Impl::walk(Token t) { return json.first(t) == '{' ? record_walk.walk(json, t, places) : json.behind(t); }

/// One document [t, next), checked and walked over.
void RecordDecoder::Impl::document(Token t, Token next, Call& call, bool alone) {
  if (!call.commands) {
    if (json.first(t) == '[') return elements(t, call, true);
    if (json.first(t) == '{' && wrapped(t, next, call, alone)) return;
  }
  record(t, next, call, alone);
}

/// Takes the object [t, next), walked into `places`, as one that holds records, if it is one.
bool RecordDecoder::Impl::wrapped(Token t, Token next, Call& call, bool alone) {
  const FieldPlaces& own = places.own;
  const Token records = own[Field::records];
  const Token value = own[Field::value];
  if (records != 0) {
    if (json.first(records) == '[') {
      elements(records, call, false);
    } else {
      record_dead(DeadLetterReason::not_an_object, "records: expected an array", alone ? call.message : json.raw_value(t, next),
                  place(call, alone), call);
    }
    return true;
  }
  if (value == 0 || own[Field::category] != 0 || own[Field::id] != 0) return false;
  if (json.first(value) == '[') {
    elements(value, call, false);
  } else if (json.first(value) == '{') {
    record(value, walk(value), call, false);
  } else {
    return false;
  }
  return true;
}

void RecordDecoder::Impl::elements(Token array, Call& call, bool expand) {
  if (json.first(array + 1) == ']') return call.sink.ignored(IgnoredReason::blank);
  Token t = array + 1;
  for (;; ++t) {
    const Token next = walk(t);
    if (!(expand && json.first(t) == '{' && wrapped(t, next, call, false))) record(t, next, call, false);
    t = next;
    if (json.first(t) != ',') return;
  }
}

/// One record [t, next), checked and walked over.
void RecordDecoder::Impl::record(Token t, Token next, Call& call, bool alone) {
  const SourcePosition position = place(call, alone);
  const std::string_view bytes = json.raw_value(t, next);
  const std::string_view shown = alone ? call.message : bytes;
  if (bytes == "null") return call.sink.ignored(IgnoredReason::null_value);
  if (bytes.size() > kRecordBytesMax) return record_dead(DeadLetterReason::too_large, "a record over 1 MiB", shown, position, call);
  if (json.first(t) != '{' && !call.commands) return record_dead(DeadLetterReason::not_an_object, "a record that is no object", shown, position, call);
  if (json.deepest() > kRecordDepthMax && json.deepest(t, next) > kRecordDepthMax) {
    return record_dead(DeadLetterReason::too_deep, "nested deeper than 64 levels", shown, position, call);
  }
  arena.reset();
  if (call.commands) {
    const auto command = json.first(t) == '{' ? read_command(json, t, arena, why) : std::nullopt;
    if (!command) return record_dead(DeadLetterReason::unsupported_command, why, shown, position, call);
    return call.sink.command(*command, position);
  }
  switch (reader.read(json, places, call.options)) {
    case RecordOutcome::sign_in: return call.sink.sign_in(reader.sign_in(), position);
    case RecordOutcome::other_shape: return other_record(t, shown, position, call);
    case RecordOutcome::problem: break;
  }
  record_dead(reader.problem().reason, reader.problem().detail, shown, position, call);
}

void RecordDecoder::Impl::other_record(Token t, std::string_view shown, const SourcePosition& position, Call& call) {
  switch (others.read(json, t, places, call.options)) {
    case OtherOutcome::risk_report: return call.sink.risk_report(others.risk_report(), position);
    case OtherOutcome::directory_change: return call.sink.directory_change(others.directory_change(), position);
    case OtherOutcome::ignored: return call.sink.ignored(IgnoredReason::other_category);
    case OtherOutcome::problem: return record_dead(others.problem().reason, others.problem().detail, shown, position, call);
    case OtherOutcome::rewritten: break;
  }
  const bool sound = rewritten.open(others.rewritten()) == JsonError::none && record_walk.walk(rewritten, 0, rewritten_places) == rewritten.end();
  if (!sound) return record_dead(DeadLetterReason::internal_error, "a rewritten record that is no JSON", shown, position, call);
  if (reader.read(rewritten, rewritten_places, call.options) == RecordOutcome::sign_in) return call.sink.sign_in(reader.sign_in(), position);
  record_dead(reader.problem().reason, reader.problem().detail, shown, position, call);
}

RecordDecoder::RecordDecoder() : impl_(std::make_unique<Impl>()) {}
RecordDecoder::~RecordDecoder() = default;

void RecordDecoder::decode(std::string_view message, const SourcePosition& position, const DecodeOptions& options, RecordSink& sink) {
  Impl::Call call{message, position, options, sink, false};
  impl_->decode(call);
}

void RecordDecoder::decode_command(std::string_view message, const SourcePosition& position, const DecodeOptions& options,
                                   RecordSink& sink) {
  Impl::Call call{message, position, options, sink, true};
  impl_->decode(call);
}

}  // namespace bartizan
