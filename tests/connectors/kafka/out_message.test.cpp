#include "connectors/kafka/out_message.h"

#include <catch2/catch.hpp>
#include <map>

#include "engine/codec/output_writer.h"

using namespace bartizan;
using namespace bartizan::kafka;

namespace {

std::map<std::string, std::string> headers_of(const OutMessage& message) {
  std::map<std::string, std::string> all;
  for (const auto& [name, value] : message.headers) CHECK(all.emplace(name, value).second);
  return all;
}

OutputRecord alert() {
  OutputRecord r;
  r.topic = Topic::alerts;
  r.key = "tenant/user/1";
  r.value = "{}";
  r.ce_type = "io.bartizan.alert.v1";
  r.ce_source = "/bartizan/tenant/unlikelyTravel";
  r.ce_subject = "user/1";
  r.ce_id = "A:1";
  r.ce_time = time_from_ms(1'767'225'600'000);
  r.ce_dataschema = "urn:bartizan:schema:alert.v1";
  return r;
}

DeadLetter letter() {
  DeadLetter l;
  l.reason = DeadLetterReason::bad_time;
  l.detail = "too far ahead";
  l.source.input = "signins";
  l.source.topic = "signins";
  l.source.partition = 3;
  l.source.offset = 77;
  l.source.index = -1;
  l.size = 9;
  l.sha256 = std::string(64, 'a');
  l.engine_version = "1";
  return l;
}

}  // namespace

TEST_CASE("an output record carries CloudEvents headers and its own key", "[kafka]") {
  const OutMessage m = to_message("bartizan.alerts", alert());
  CHECK(m.topic == "bartizan.alerts");
  CHECK(m.partition == -1);
  CHECK(m.keyed);
  CHECK(m.key == "tenant/user/1");
  CHECK(m.value == "{}");
  CHECK(headers_of(m) == std::map<std::string, std::string>{{"ce_specversion", "1.0"},
                                                            {"ce_id", "A:1"},
                                                            {"ce_type", "io.bartizan.alert.v1"},
                                                            {"ce_source", "/bartizan/tenant/unlikelyTravel"},
                                                            {"ce_subject", "user/1"},
                                                            {"ce_time", "2026-01-01T00:00:00.000Z"},
                                                            {"ce_dataschema", "urn:bartizan:schema:alert.v1"},
                                                            {"content-type", "application/json"}});
}

TEST_CASE("a record without a time has no ce_time", "[kafka]") {
  OutputRecord r = alert();
  r.ce_time = Time{};
  CHECK(headers_of(to_message("t", std::move(r))).count("ce_time") == 0);
}

TEST_CASE("a tombstone is a null value without a content type", "[kafka]") {
  const OutMessage m = to_message("bartizan.risky-users", write_entity_tombstone("tenant", EntityType::user, "1"));
  CHECK(m.tombstone);
  CHECK(m.value.empty());
  CHECK(m.key == "tenant/user/1");
  const auto headers = headers_of(m);
  CHECK(headers.at("ce_type") == "io.bartizan.tombstone.v1");
  CHECK(headers.count("content-type") == 0);
  CHECK(headers.count("ce_dataschema") == 0);
}

TEST_CASE("a dead letter goes out as its original bytes", "[kafka]") {
  for (const std::string& value : {std::string{}, std::string{"a"}, std::string{"ab"}, std::string{"abc"}, std::string("\0\xff{", 3), std::string(300, 'z')}) {
    DeadLetter l = letter();
    l.value = value;
    const OutMessage m = to_dead_letter("bartizan.dead-letter", write_dead_letter(l), {});
    CHECK(m.value == value);
    CHECK(m.key == "signins/0/3/77/-");
    const auto headers = headers_of(m);
    CHECK(headers.at("content-type") == "application/octet-stream");
    CHECK(headers.at("bartizan_reason") == "bad_time");
    CHECK(headers.at("bartizan_detail") == "too far ahead");
    CHECK(headers.at("bartizan_size") == "9");
    CHECK(headers.at("bartizan_sha256") == std::string(64, 'a'));
    CHECK(headers.at("bartizan_source_topic") == "signins");
    CHECK(headers.at("bartizan_source_partition") == "3");
    CHECK(headers.at("bartizan_source_offset") == "77");
    CHECK(headers.count("bartizan_value_base64") == 0);
  }
}

TEST_CASE("original headers of a dead letter are kept, bounded, and not mistaken for ours", "[kafka]") {
  std::vector<Header> original{{"trace", "1"}, {"ce_id", "theirs"}, {"bartizan_reason", "forged"}, {"content-type", "text/plain"}};
  const auto headers = headers_of(to_dead_letter("t", write_dead_letter(letter()), original));
  CHECK(headers.at("trace") == "1");
  CHECK(headers.at("original_ce_id") == "theirs");
  CHECK(headers.at("original_bartizan_reason") == "forged");
  CHECK(headers.at("original_content-type") == "text/plain");
  CHECK(headers.at("bartizan_reason") == "bad_time");

  std::vector<Header> many;
  for (int i = 0; i < 100; ++i) many.emplace_back("h" + std::to_string(i), "v");
  const std::size_t ours = to_dead_letter("t", write_dead_letter(letter()), {}).headers.size();
  CHECK(to_dead_letter("t", write_dead_letter(letter()), many).headers.size() == ours + 32);
  CHECK(to_dead_letter("t", write_dead_letter(letter()), {{"big", std::string(5'000, 'b')}}).headers.size() == ours);
}
