#include "connectors/kafka/client.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "connectors/kafka/client_log.h"
#include "connectors/kafka/secret_file.h"
#include "engine/model/check.h"

namespace bartizan::kafka {
namespace {

/// A token is told to live at most this long, and librdkafka asks for a new one after 80 % of it: so a changed file is seen within 48 s.
constexpr std::int64_t kTokenLooksAgainAfterMs = 60'000;

const char* protocol_name(Protocol p) {
  switch (p) {
    case Protocol::plaintext: return "plaintext";
    case Protocol::ssl: return "ssl";
    case Protocol::sasl_plaintext: return "sasl_plaintext";
    case Protocol::sasl_ssl: return "sasl_ssl";
  }
  return "plaintext";
}

const char* mechanism_name(Mechanism m) {
  switch (m) {
    case Mechanism::none: return "";
    case Mechanism::plain: return "PLAIN";
    case Mechanism::scram_sha_256: return "SCRAM-SHA-256";
    case Mechanism::scram_sha_512: return "SCRAM-SHA-512";
    case Mechanism::oauthbearer: return "OAUTHBEARER";
  }
  return "";
}

bool has_tls(Protocol p) { return p == Protocol::ssl || p == Protocol::sasl_ssl; }
bool has_sasl(Protocol p) { return p == Protocol::sasl_plaintext || p == Protocol::sasl_ssl; }

// ---------------------------------------------------------------- callbacks

void on_log(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  // Pass-through settings go to producers and consumers alike; that one of them has no use for some is no news. Nor is that gapless
  // delivery, which we use on purpose, is called experimental.
  const std::string_view line{text};
  if (std::string_view{facility} == "CONFWARN" &&
      (line.find("will be ignored by this") != line.npos || line.find("is experimental") != line.npos))
    return;
  using Level = ClientEvent::Level;
  const Level ours = level <= 3 ? Level::error : level == 4 ? Level::warning : level <= 6 ? Level::info : Level::debug;
  note_client_event({ours, client == nullptr ? "" : rd_kafka_name(client), std::string{facility} + ": " + text, ""});
}

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// `path` is the property sasl.oauthbearer.config.
Status refresh_token(rd_kafka_t* client, const std::string& path) {
  const auto token = read_secret(path);
  if (!token) return token.error();
  const auto claims = token_claims(token.value());
  if (!claims) return Error{claims.error().code, path + ": " + claims.error().message};
  const std::int64_t now = now_ms();
  const std::int64_t ends = claims.value().expires_at * 1000;
  if (ends <= now) return Error{"secret_file", path + ": the token has expired"};
  std::array<char, 512> why{};
  const auto error = rd_kafka_oauthbearer_set_token(client, token.value().c_str(), std::min(ends, now + kTokenLooksAgainAfterMs),
                                                    claims.value().subject.c_str(), nullptr, 0, why.data(), why.size());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Error{"secret_file", path + ": " + why.data()};
  return Ok{};
}

void on_token_wanted(rd_kafka_t* client, const char* path, void*) {
  const Status done = refresh_token(client, path == nullptr ? "" : path);
  // librdkafka reports this as an error event and asks again after ten seconds.
  if (!done.ok()) rd_kafka_oauthbearer_set_token_failure(client, done.error().message.c_str());
}

// ---------------------------------------------------------------- parts of a configuration

Status set_secret(rd_kafka_conf_t* conf, const char* name, const std::string& path) {
  const auto secret = read_secret(path);
  if (!secret) return secret.error();
  set(conf, name, secret.value());
  return Ok{};
}

/// A file that librdkafka opens itself: its own message would not say which setting is meant.
Status set_file(rd_kafka_conf_t* conf, const char* name, const std::string& path) {
  if (path.empty()) return Ok{};
  if (::access(path.c_str(), R_OK) != 0) return Error{"secret_file", path + ": " + std::strerror(errno)};
  set(conf, name, path);
  return Ok{};
}

Status set_tls(rd_kafka_conf_t* conf, const Security& s) {
  for (const auto& [name, path] :
       {std::pair{"ssl.ca.location", &s.ca_file}, {"ssl.certificate.location", &s.certificate_file}, {"ssl.key.location", &s.key_file}}) {
    if (const Status done = set_file(conf, name, *path); !done.ok()) return done;
  }
  return s.key_password_file.empty() ? Status{Ok{}} : set_secret(conf, "ssl.key.password", s.key_password_file);
}

Status set_sasl(rd_kafka_conf_t* conf, const Security& s) {
  if (s.mechanism == Mechanism::none)
    return Error{"bad_setting", "kafka.security.mechanism is missing: plain, scram-sha-256, scram-sha-512 or oauthbearer"};
  set(conf, "sasl.mechanism", mechanism_name(s.mechanism));
  if (s.mechanism == Mechanism::oauthbearer) {
    if (s.token_file.empty()) return Error{"bad_setting", "kafka.security.token_file is missing"};
    const auto token = read_secret(s.token_file);
    if (!token) return token.error();
    set(conf, "sasl.oauthbearer.config", s.token_file);
    rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, on_token_wanted);
    rd_kafka_conf_enable_sasl_queue(conf, 1);
    return Ok{};
  }
  if (s.username.empty()) return Error{"bad_setting", "kafka.security.username is missing"};
  if (s.password_file.empty()) return Error{"bad_setting", "kafka.security.password_file is missing"};
  set(conf, "sasl.username", s.username);
  return set_secret(conf, "sasl.password", s.password_file);
}

Status set_pass_through(rd_kafka_conf_t* conf, const KafkaOptions& options) {
  for (const auto& [name, value] : options.librdkafka) {
    std::string_view refused = refused_because(name);
    if (refused.empty()) refused = value_refused_because(name, value);
    if (!refused.empty()) return Error{"bad_setting", "kafka.librdkafka: " + name + " is refused: " + std::string{refused}};
    std::array<char, 512> why{};
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size()) != RD_KAFKA_CONF_OK) {
      return Error{"bad_setting", std::string{"kafka.librdkafka: "} + why.data()};
    }
  }
  return Ok{};
}

/// Names that mean one property.
constexpr auto kAliases = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"linger.ms", "queue.buffering.max.ms"},
    {"compression.codec", "compression.type"},
    {"max.in.flight", "max.in.flight.requests.per.connection"},
    {"fetch.max.wait.ms", "fetch.wait.max.ms"},
    {"max.partition.fetch.bytes", "fetch.message.max.bytes"},
});

}  // namespace

void note_client_error(rd_kafka_t* client, int error, const char* reason, void*) {
  std::array<char, 512> text{};
  auto code = static_cast<rd_kafka_resp_err_t>(error);
  std::string message = reason == nullptr ? "" : reason;
  if (code == RD_KAFKA_RESP_ERR__FATAL) {
    code = rd_kafka_fatal_error(client, text.data(), text.size());
    message = text.data();
  }
  note_client_event({ClientEvent::Level::error, rd_kafka_name(client), std::move(message), rd_kafka_err2name(code)});
}

void let_go(ClientPtr client) { static_cast<void>(client.release()); }

void set(rd_kafka_conf_t* conf, const char* name, const std::string& value) {
  std::array<char, 512> why{};
  BARTIZAN_CHECK(rd_kafka_conf_set(conf, name, value.c_str(), why.data(), why.size()) == RD_KAFKA_CONF_OK);
}

void set_default(rd_kafka_conf_t* conf, const KafkaOptions& options, const char* name, const std::string& value) {
  if (options.librdkafka.count(name) > 0) return;
  for (const auto& [one, other] : kAliases) {
    const std::string_view alias = one == name ? other : other == name ? one : std::string_view{};
    if (!alias.empty() && options.librdkafka.count(std::string{alias}) > 0) return;
  }
  set(conf, name, value);
}

Result<ConfPtr> base_conf(const KafkaOptions& options, std::string_view purpose) {
  ConfPtr conf{rd_kafka_conf_new()};
  std::string brokers;
  for (const auto& broker : options.brokers) brokers += (brokers.empty() ? "" : ",") + broker;
  if (brokers.empty()) return Error{"bad_setting", "kafka.brokers is empty"};
  set(conf.get(), "bootstrap.servers", brokers);
  set(conf.get(), "client.id", "bartizan-" + std::string{purpose});
  set(conf.get(), "socket.nagle.disable", "true");
  set(conf.get(), "socket.keepalive.enable", "true");
  rd_kafka_conf_set_log_cb(conf.get(), on_log);
  rd_kafka_conf_set_error_cb(conf.get(), note_client_error);

  const Security& s = options.security;
  set(conf.get(), "security.protocol", protocol_name(s.protocol));
  if (has_tls(s.protocol)) {
    if (const Status done = set_tls(conf.get(), s); !done.ok()) return done.error();
  }
  if (has_sasl(s.protocol)) {
    if (const Status done = set_sasl(conf.get(), s); !done.ok()) return done.error();
  }
  if (const Status done = set_pass_through(conf.get(), options); !done.ok()) return done.error();
  return conf;
}

Result<ClientPtr> make_client(rd_kafka_type_t type, ConfPtr conf) {
  std::array<char, 16> mechanism{};
  std::size_t size = mechanism.size();
  const bool tokens = rd_kafka_conf_get(conf.get(), "sasl.mechanism", mechanism.data(), &size) == RD_KAFKA_CONF_OK &&
                      std::string_view{mechanism.data()} == "OAUTHBEARER";
  std::array<char, 512> why{};
  ClientPtr client{rd_kafka_new(type, conf.get(), why.data(), why.size())};
  if (!client) return Error{"client", why.data()};
  static_cast<void>(conf.release());  // the client's now
  if (tokens) {
    const ErrorPtr error{rd_kafka_sasl_background_callbacks_enable(client.get())};
    if (error) return Error{"client", rd_kafka_error_string(error.get())};
  }
  return client;
}

}  // namespace bartizan::kafka
