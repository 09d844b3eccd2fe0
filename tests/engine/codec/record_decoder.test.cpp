// What becomes of a message: shapes, categories, every dead-letter reason, bad input.

#include <catch2/catch.hpp>

#include "engine/model/sha256.h"
#include "tests/engine/codec/collecting_sink.h"
#include "tests/support/sign_in_generator.h"

using namespace bartizan;
using namespace bartizan::test;

namespace {

constexpr std::string_view kHead = R"("time":"2026-03-02T08:02:00Z","tenantId":"5f2c9a1e-7b3d-4c68-9d10-2f4e6a8b0c1d")";

/// A small sign-in; `members` go into its properties, behind the usual ones, so that they replace them.
std::string record(const std::string& members, const std::string& category = "SignInLogs") {
  return "{" + std::string{kHead} + R"(,"category":")" + category +
         R"(","properties":{"id":"event-1","createdDateTime":"2026-03-02T08:00:00Z","userId":"user-1","status":{"errorCode":0})" +
         (members.empty() ? "" : "," + members) + "}}";
}

DecodedRecord only(const std::string& message, const DecodeOptions& options = {}) {
  const auto all = decode_all(message, options);
  REQUIRE(all.size() == 1);
  return all[0];
}

SignInFields fields(const std::string& message, const DecodeOptions& options = {}) {
  const DecodedRecord r = only(message, options);
  INFO(r.letter.detail);
  REQUIRE(r.kind == DecodedRecord::Kind::sign_in);
  return r.fields;
}

/// "reason: detail" of the one dead letter; "" when there is none.
std::string dead(const std::string& message, const DecodeOptions& options = {}) {
  const DecodedRecord r = only(message, options);
  if (r.kind != DecodedRecord::Kind::dead_letter) return "";
  return std::string{to_word(r.letter.reason)} + ": " + r.letter.detail;
}

std::string reason(const std::string& message, const DecodeOptions& options = {}) {
  const std::string d = dead(message, options);
  return d.substr(0, d.find(':'));
}

}  // namespace

TEST_CASE("a bare record has no index, records of an array are numbered", "[codec]") {
  CHECK(only(record("")).index == -1);
  const auto two = decode_all("{\"records\":[" + record("") + "," + record("") + "]}");
  REQUIRE(two.size() == 2);
  CHECK(two[0].index == 0);
  CHECK(two[1].index == 1);
  CHECK(only("{\"records\":[" + record("") + "]}").index == 0);
}

TEST_CASE("arrays, arrays of wrappers and lines are taken apart, numbered through the message", "[codec]") {
  const std::string r = record("");
  for (const std::string& message : {"[" + r + "," + r + "," + r + "]", "[{\"records\":[" + r + "]},{\"Records\":[" + r + "," + r + "]}]",
                                     r + "\n" + r + "\r\n" + r + "\n", "{\"value\":[" + r + "," + r + "," + r + "]}"}) {
    const auto all = decode_all(message);
    REQUIRE(all.size() == 3);
    for (std::int32_t i = 0; i < 3; ++i) {
      CHECK(all[static_cast<std::size_t>(i)].kind == DecodedRecord::Kind::sign_in);
      CHECK(all[static_cast<std::size_t>(i)].index == i);
    }
  }
}

TEST_CASE("categories are read in any case and set their flags", "[codec]") {
  const auto flags = [](const std::string& category) {
    const auto f = fields(record("", category));
    return f.at("category") + " " + (f.count("flags") != 0 ? f.at("flags") : "0");
  };
  CHECK(flags("signinlogs") == "interactive_user 0");
  CHECK(flags("NonInteractiveUserSIgnInLogs") == "non_interactive_user 0");
  CHECK(flags("ServicePrincipalSignInLogs") == "service_principal 0");
  CHECK(flags("ManagedIdentitySignInLogs") == "managed_identity 0");
  CHECK(flags("ADFSSignInLogs") == "interactive_user " + std::to_string(kFlagAdfs));
  CHECK(flags("MicrosoftServicePrincipalSignInLogs") == "service_principal " + std::to_string(kFlagFirstParty));
}

TEST_CASE("other categories, blank messages and null are counted, not dead letters", "[codec]") {
  const auto ignored = [](const std::string& message) {
    const DecodedRecord r = only(message);
    return r.kind == DecodedRecord::Kind::ignored ? std::string{to_word(r.ignored)} : "";
  };
  CHECK(ignored(record("", "AuditLogs")) == "other_category");
  CHECK(ignored("") == "blank");
  CHECK(ignored(" \r\n\t") == "blank");
  CHECK(ignored("null") == "null_value");
  CHECK(ignored("{\"records\":[null]}") == "null_value");
  CHECK(ignored("{\"records\":[]}") == "blank");
}

TEST_CASE("each reason of dead letters has a message that gets it", "[codec]") {
  CHECK(reason("{\"category\":\"" + std::string(2 << 20, 'x') + "\"}") == "too_large");
  CHECK(reason("{\"a\":\"\xc3\x28\"}") == "invalid_utf8");
  CHECK(reason("{\"a\":[1,{],\"id\":\"x\"}}") == "malformed_json");
  CHECK(reason(record("") + " x") == "malformed_json");
  CHECK(reason(record("") + record("")) == "malformed_json");
  CHECK(reason("{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}") == "too_deep");
  CHECK(reason("{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}") == "too_deep");
  CHECK(reason("5") == "not_an_object");
  CHECK(reason("{\"records\":{}}") == "not_an_object");
  CHECK(reason("{\"hello\":1}") == "unknown_format");
  CHECK(reason(record("\"id\":\"\"")) == "missing_id");
  CHECK(reason(R"({"category":"SignInLogs","properties":{"id":"e","createdDateTime":"2026-03-02T08:00:00Z","userId":"u"}})") == "missing_tenant");
  CHECK(reason(record("\"userId\":null")) == "missing_entity");
  CHECK(reason(record("\"createdDateTime\":\"yesterday\"")) == "bad_time");
  CHECK(reason(record("\"status\":{\"errorCode\":-5}")) == "bad_field");
}

TEST_CASE("64 levels of nesting are read and 65 are not", "[codec]") {
  const auto nested = [](std::size_t levels) { return record("\"x\":" + std::string(levels, '[') + std::string(levels, ']')); };
  CHECK(reason(nested(62)) == "");
  CHECK(reason(nested(63)) == "too_deep");
}

TEST_CASE("dead letters name the field, what was expected and little of the record", "[codec]") {
  CHECK(dead(record("\"ipAddress\":\"999.1.1.1\"")) == "bad_field: ipAddress: expected an IP address, found \"999.1.1.1\"");
  CHECK(dead(record("\"status\":{\"errorCode\":\"x\"}")) == "bad_field: status.errorCode: expected a number from 0 to 2147483647, found \"x\"");
  const std::string d = dead(record("\"deviceDetail\":[\"" + std::string(500, 'y') + "\"]"));
  CHECK(d.find("deviceDetail: expected an object") != std::string::npos);
  CHECK(d.size() < 140);
}

TEST_CASE("a dead letter keeps the record's bytes, or the message's when its syntax is broken", "[codec]") {
  const std::string bad = record("\"ipAddress\":\"x\"");
  const std::string good = record("");
  const auto all = decode_all("{\"records\":[" + good + ", " + bad + " ," + good + "]}");
  REQUIRE(all.size() == 3);
  CHECK(all[0].kind == DecodedRecord::Kind::sign_in);
  CHECK(all[1].letter.value == bad);
  CHECK(all[1].letter.sha256 == sha256_hex(bad));
  CHECK(all[1].letter.source.index == 1);
  CHECK(all[2].kind == DecodedRecord::Kind::sign_in);

  const std::string broken = "{\"records\":[" + good + "," + good + ",{\"id\":tru}]}";
  const DecodedRecord whole = only(broken);
  CHECK(whole.letter.value == broken);
  CHECK(whole.letter.source.index == -1);

  const std::string large = "\"" + std::string(300 * 1024, 'a') + "\"";
  const DecodedRecord cut = only(large);
  CHECK(cut.letter.value == large.substr(0, kDeadLetterBytesMax));
  CHECK(cut.letter.size == large.size());
  CHECK(cut.letter.sha256 == sha256_hex(large));
}

TEST_CASE("broken syntax anywhere costs the message and nothing of it comes out", "[codec]") {
  const std::string good = record("");
  for (const char* tail : {"{\"x\":1,}", "{\"x\" 1}", "{x:1}", "{\"x\":01}", "{\"x\":1.}", "{\"x\":+1}", "{\"x\":nul}", "{\"x\":truex}",
                                  "{\"x\":\"\\q\"}", "{\"x\":\"\\u12\"}", "{\"x\":\"\\ud800\"}", "{\"x\":\"a\nb\"}", "{\"x\":[1 2]}", "{\"x\":1]",
                                  "{\"x\":\"", "{", "[1,]", "1e", "\"a\"\"b\"", "{\"x\":'y'}", "{\"x\":1}}"}) {
    INFO(tail);
    CHECK(reason("[" + good + "," + tail + "]") == "malformed_json");
    CHECK(reason(good + "\n" + tail) == "malformed_json");
  }
}

TEST_CASE("NUL bytes and control characters are malformed JSON", "[codec]") {
  CHECK(reason(std::string("{\"a\":\"\0\"}", 10)) == "malformed_json");
  CHECK(reason(std::string("\0\0\0\0", 4)) == "malformed_json");
  CHECK(reason(record("") + std::string(1, '\0')) == "malformed_json");
}

TEST_CASE("ten thousand records in one array come out in order", "[codec]") {
  std::string message = "{\"records\":[";
  for (int i = 0; i < 10'000; ++i) message += (i == 0 ? "" : ",") + record("\"id\":\"e" + std::to_string(i) + "\"");
  const auto all = decode_all(message + "]}");
  REQUIRE(all.size() == 10'000);
  CHECK(all[9'999].fields.at("id") == "e9999");
  CHECK(all[9'999].index == 9'999);
}

TEST_CASE("event times far from arrival are dead letters or clamped", "[codec]") {
  const auto at = [](const char* created) { return record("\"createdDateTime\":\"" + std::string{created} + "\""); };
  CHECK(reason(at("9999-12-31T23:59:59Z")) == "bad_time");
  CHECK(reason(at("2009-12-31T23:59:59Z")) == "bad_time");
  CHECK(reason(at("2026-03-03T08:02:01Z")) == "bad_time");  // a day and a second after `time`
  CHECK(fields(at("2026-03-02T08:07:00Z")).at("event_time") == "2026-03-02T08:07:00.000Z");
  const auto clamped = fields(at("2026-03-02T09:00:00Z"));
  CHECK(clamped.at("event_time") == "2026-03-02T08:07:00.000Z");
  CHECK(clamped.at("flags") == std::to_string(kFlagTimeClamped));
  DecodeOptions later;
  later.arrival = parse_time("2026-03-02T10:00:00Z");
  CHECK(fields(at("2026-03-02T09:00:00Z"), later).at("event_time") == "2026-03-02T09:00:00.000Z");
}

TEST_CASE("a published time outside 2010 to 2099 counts as absent", "[codec]") {
  std::string r = record("");
  r.replace(r.find("2026-03-02T08:02:00Z"), 20, "9999-01-01T00:00:00Z");
  CHECK(fields(r).at("published_time") == "2026-03-02T08:00:00.000Z");
}

TEST_CASE("time is read in every form that Entra writes", "[codec]") {
  for (const char* form : {"2026-03-02T08:00:00.1234567+00:00", "3/2/2026 8:00:00 AM", "2026-03-02T8:00:00.123Z", "2026-03-02T03:00:00-05:00"}) {
    INFO(form);
    CHECK(fields(record("\"createdDateTime\":\"" + std::string{form} + "\"")).at("event_time").substr(0, 19) == "2026-03-02T08:00:00");
  }
}

TEST_CASE("addresses: masked ones are kept as text, ports are dropped, others are bad", "[codec]") {
  const auto with = [](const char* ip) { return record("\"ipAddress\":\"" + std::string{ip} + "\""); };
  CHECK(fields(with("203.0.113.XXX")).at("ip_text") == "203.0.113.XXX");
  CHECK(fields(with("203.0.*.*")).at("ip_text") == "203.0.*.*");
  CHECK(fields(with("203.0.113.7:443")).at("ip") == "203.0.113.7");
  CHECK(fields(with("[2001:DB8::1]:80")).at("ip") == "2001:db8::1");
  for (const char* ip : {"999.1.1.1", "203.0.113", "203.XXX.113.1", "somewhere", "XXX"}) CHECK(reason(with(ip)) == "bad_field");
}

TEST_CASE("the last of repeated keys counts, whole objects too", "[codec]") {
  const auto f = fields(record(R"("location":{"city":"A","countryOrRegion":"PT"},"Location":{"city":"B"},"USERID":"user-2")"));
  CHECK(f.at("location.city") == "B");
  CHECK(f.count("location.country") == 0);
  CHECK(f.at("user_id") == "user-2");
  CHECK(fields(record(R"("location":{"city":"A"},"location":null)")).count("location.city") == 0);
}

TEST_CASE("properties, steps and networks may be JSON text", "[codec]") {
  const std::string text = R"({)" + std::string{kHead} +
                           R"(,"category":"SignInLogs","properties":"{\"id\":\"event-9\",\"createdDateTime\":\"2026-03-02T08:00:00Z\",\"appId\":\"App-1\"}"})";
  CHECK(fields(text).at("id") == "event-9");
  CHECK(fields(text).at("app_id") == "app-1");
  const auto f = fields(record(
      R"("authenticationDetails":"[{\"authenticationMethod\":\"Password\",\"succeeded\":\"True\",\"authenticationStepResultDetail\":\"Correct password\"}]","networkLocationDetails":"[{\"networkType\":\"trustedNamedLocation\"}]")"));
  CHECK(f.at("auth_steps[0].method") == "Password");
  CHECK(f.at("password_validated") == "2");
  CHECK(f.at("flags") == std::to_string(kFlagTrustedLocation));
  CHECK(reason(record(R"("authenticationDetails":"[1,")")) == "bad_field");
}

TEST_CASE("steps come in the order in which they happened", "[codec]") {
  const auto f = fields(record(
      R"("authenticationDetails":[{"authenticationMethod":"second","authenticationStepDateTime":"2026-03-02T08:00:02Z"},
      {"authenticationMethod":"first","authenticationStepDateTime":"2026-03-02T08:00:01Z","RequestSequence":1772438400002},
      {"authenticationMethod":"zeroth","authenticationStepDateTime":"2026-03-02T08:00:01Z","RequestSequence":"1772438400001"}])"));
  CHECK(f.at("auth_steps[0].method") == "zeroth");
  CHECK(f.at("auth_steps[1].method") == "first");
  CHECK(f.at("auth_steps[2].method") == "second");
}

TEST_CASE("the password is proved by the step first and by the code next", "[codec]") {
  const auto proof = [](const std::string& step, int code) {
    const auto f = fields(record("\"status\":{\"errorCode\":" + std::to_string(code) + "},\"authenticationDetails\":[" + step + "]"));
    return f.count("password_validated") != 0 ? f.at("password_validated") : "0";
  };
  const std::string right = R"({"authenticationMethod":"Password","succeeded":true,"authenticationStepResultDetail":"Correct password"})";
  const std::string wrong = R"({"authenticationMethod":"Password","succeeded":false,"authenticationStepResultDetail":"Invalid username or password"})";
  CHECK(proof(right, 50057) == "2");
  CHECK(proof(wrong, 50076) == "1");
  CHECK(proof("", 50076) == "2");
  CHECK(proof("", 50126) == "1");
  CHECK(proof("", 50057) == "0");
}

TEST_CASE("agents are marked on any category, with either spelling of the parent", "[codec]") {
  const auto f = fields(record(R"("agent":{"agentType":"AgentIdentity","parentID":"Blueprint-1","agentSubjectType":"NotAgentic","other":1})",
                               "ServicePrincipalSignInLogs"));
  CHECK(f.at("agent.type") == "AgentIdentity");
  CHECK(f.at("agent.parent_app_id") == "blueprint-1");
  CHECK(f.at("flags") == std::to_string(kFlagAgent));
  CHECK(fields(record(R"("agent":{"agentType":"notAgentic","parentAppId":""})")).count("flags") == 0);
  CHECK(fields(record(R"("agent":{"agentSubjectType":"agentIDuser"})")).at("flags") == std::to_string(kFlagAgentIsSubject));
}

TEST_CASE("the tenant comes from the envelope, its path, the properties, the input", "[codec]") {
  const auto tenant = [](const std::string& envelope, const std::string& properties, const std::string& input) {
    DecodeOptions options;
    options.tenant = input;
    return fields("{\"category\":\"SignInLogs\"" + envelope + R"(,"properties":{"id":"e","userId":"u","createdDateTime":"2026-03-02T08:00:00Z")" +
                      properties + "}}",
                  options)
        .at("tenant_id");
  };
  const std::string path = R"(,"resourceId":"/tenants/T-2/providers/Microsoft.aadiam")";
  CHECK(tenant(R"(,"tenantId":"T-1")" + path, R"(,"tenantId":"t-3")", "t-4") == "t-1");
  CHECK(tenant(path, R"(,"tenantId":"t-3")", "t-4") == "t-2");
  CHECK(tenant("", R"(,"tenantId":"t-3")", "t-4") == "t-3");
  CHECK(tenant("", R"(,"homeTenantId":"t-9")", "t-4") == "t-4");
}

TEST_CASE("an absent id is decoded from uniqueTokenIdentifier, which is kept only where it says more", "[codec]") {
  // 00112233-4455-6677-8899-aabbccddeeff in .NET's byte order, and as text.
  const std::string guid = "00112233-4455-6677-8899-aabbccddeeff";
  for (const char* token : {"MyIRAFVEd2aImaq7zN3u_w", "MDAxMTIyMzMtNDQ1NS02Njc3LTg4OTktYWFiYmNjZGRlZWZm"}) {
    INFO(token);
    const auto f = fields(record("\"id\":null,\"uniqueTokenIdentifier\":\"" + std::string{token} + "\""));
    CHECK(f.at("id") == guid);
    CHECK(f.count("unique_token_id") == 0);
  }
  CHECK(fields(record("\"uniqueTokenIdentifier\":\"MyIRAFVEd2aImaq7zN3u_w\"")).at("unique_token_id") == "MyIRAFVEd2aImaq7zN3u_w");
}

TEST_CASE("Graph sign-ins are told apart by their events, then by who signed in", "[codec]") {
  DecodeOptions options;
  options.tenant = "t-1";
  const auto category = [&](const std::string& members) {
    return fields(R"({"id":"e","createdDateTime":"2026-03-02T08:00:00Z","appId":"a","ipAddress":"","clientAppUsed":"x",)" + members + "}", options).at("category");
  };
  CHECK(category(R"("signInEventTypes":["interactiveUser"],"userId":"u")") == "interactive_user");
  CHECK(category(R"("signInEventTypes":["nonInteractiveUser"],"isInteractive":true)") == "non_interactive_user");
  CHECK(category(R"("isInteractive":false,"userId":"u")") == "non_interactive_user");
  CHECK(category(R"("isInteractive":false,"servicePrincipalId":"s")") == "service_principal");
  CHECK(category(R"("managedServiceIdentity":{"msiType":"systemAssigned"},"servicePrincipalId":"s")") == "managed_identity");
  CHECK(category(R"("userId":"u")") == "interactive_user");
}

TEST_CASE("aggregated rows carry their count and happen at their first sign-in", "[codec]") {
  const auto f = fields(
      R"({"id":"e","aggregationDateTime":"2026-03-02T00:00:00Z","firstSignInDateTime":"2026-03-02T06:30:00Z","signInCount":"17","userPrincipalName":"A@example.com","tenantId":"t-1","status":{"errorCode":0}})");
  CHECK(f.at("count") == "17");
  CHECK(f.at("event_time") == "2026-03-02T06:30:00.000Z");
  CHECK(f.at("category") == "non_interactive_user");
  CHECK(f.at("flags") == std::to_string(kFlagSummary | kFlagGraph));
  CHECK(f.at("user_principal_name") == "a@example.com");
}

TEST_CASE("texts are cut at their bounds between characters, ids are not cut", "[codec]") {
  std::string name;
  for (int i = 0; i < 200; ++i) name += "\xc3\xa9";
  CHECK(fields(record("\"userDisplayName\":\"a" + name + "\"")).at("user_name").size() == 255);
  CHECK(fields(record("\"userAgent\":\"" + std::string(5000, 'a') + "\"")).at("user_agent").size() == kUserAgentBytesMax);
  CHECK(fields(record("\"userId\":\"" + std::string(256, 'a') + "\"")).at("user_id").size() == 256);
  CHECK(reason(record("\"userId\":\"" + std::string(257, 'a') + "\"")) == "bad_field");
}

TEST_CASE("coordinates are rounded, and 0/0 is nowhere", "[codec]") {
  const auto at = [](const std::string& latitude, const std::string& longitude) {
    const auto f = fields(record(R"("location":{"geoCoordinates":{"latitude":)" + latitude + ",\"longitude\":" + longitude + "}}"));
    return f.count("location.latitude") == 0 ? std::string{} : f.at("location.latitude") + " " + f.at("location.longitude");
  };
  CHECK(at("48.86140060424805", "\"2.34\"") == "48861401 2340000");
  CHECK(at("0.0", "-0.0") == "");
  CHECK(at("0", "12.5") == "0 12500000");
  CHECK(at("null", "12.5") == "");
}

TEST_CASE("a byte order mark is no part of the text", "[codec]") { CHECK(reason("\xef\xbb\xbf" + record("")) == ""); }
