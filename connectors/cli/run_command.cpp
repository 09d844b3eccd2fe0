// run: the live line, with metrics and health.

#include <chrono>

#include <unistd.h>

#include "connectors/cli/commands.h"
#include "connectors/cli/exit_code.h"
#include "connectors/cli/line.h"
#include "connectors/cli/live_transport.h"
#include "connectors/cli/log.h"
#include "connectors/cli/rule_files.h"
#include "connectors/http/server.h"
#include "connectors/metrics/exposition.h"

namespace bartizan::cli {
namespace {

void serve(HttpServer& server, const Line& line, const LiveTransport& transport, const Loaded& loaded, const Log& log) {
  MetricsSource source;
  source.version = BARTIZAN_VERSION;
#if defined(__clang__)
  source.compiler = "clang " + std::to_string(__clang_major__);
#else
  source.compiler = "g++ " + std::to_string(__GNUC__);
#endif
  source.bundle_hash = loaded.bundle.hash();
  for (const auto& rule : loaded.bundle.rule_set()->rules) source.rule_ids.push_back(rule.alert.id);
  source.start_time_ms = source.bundle_loaded_ms = to_ms(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()));
  source.ingest = &line.ingest_stats();
  source.detect = &line.detect_stats();
  source.logs = &log.counts();
  server.handle("/metrics", [source, &server, &transport](const HttpRequest&) mutable {
    source.http_requests = server.requests();
    transport.add_metrics(source);
    return HttpResponse{200, "text/plain; version=0.0.4; charset=utf-8", metrics_text(source)};
  });
  server.handle("/-/healthy", [&line](const HttpRequest&) {
    return line.healthy() ? HttpResponse{200, "text/plain; charset=utf-8", "healthy\n"}
                          : HttpResponse{503, "text/plain; charset=utf-8", "a loop has stalled\n"};
  });
  server.handle("/-/ready", [&line](const HttpRequest&) {
    return line.ready() ? HttpResponse{200, "text/plain; charset=utf-8", "ready\n"}
                        : HttpResponse{503, "text/plain; charset=utf-8", "restoring state, or the brokers cannot be reached\n"};
  });
}

/// What `run` reads that the configuration does not name.
std::string missing_inputs(const Config& config) {
  if (config.kafka || !config.files.inputs.empty()) return {};
  return "files.inputs names no input: set it in the configuration (bartizan init writes an example)";
}

}  // namespace

int run(const Global& global, const RunOptions& options) {
  const auto loaded = load_all(global.config_files, {}, wants_colour(global.colour, STDERR_FILENO));
  if (!loaded) return kInvalid;
  const Config& config = loaded->config.config;
  if (const std::string missing = missing_inputs(config); !missing.empty()) {
    say_error(global, missing);
    return kInvalid;
  }
  if (config.kafka && options.once) {
    say_error(global, "--once reads files to their end; topics have none");
    return kUsage;
  }
  watch_signals();
  Log log(config.log);
  const auto failed = [&log](const Error& error) {
    log.error(error.code, error.message);
    return exit_code_of(error);
  };
  const auto transport = config.kafka ? make_kafka_live(loaded->config, log) : make_embedded_live(loaded->config, options.once);
  if (const Status opened = transport->open(); !opened.ok()) return failed(opened.error());
  if (const Status stored = transport->store_bundle(loaded->bundle); !stored.ok()) return failed(stored.error());
  Line line(config, log, *transport);
  HttpServer server(parse_listen(config.http.listen).value());
  serve(server, line, *transport, *loaded, log);
  if (const Status started = server.start(); !started.ok()) {
    log.error(started.error().code, started.error().message + " (http.listen)");
    return kUnavailable;
  }
  const auto rules = static_cast<std::uint32_t>(loaded->bundle.rule_set()->rules.size());
  log.info("started", "bartizan " BARTIZAN_VERSION " runs",
           {{"http", config.http.listen.substr(0, config.http.listen.rfind(':') + 1) + std::to_string(server.port())},
            {"rules", std::to_string(rules)},
            {"bundle", loaded->bundle.hash()},
            {"output", transport->outputs()}});
  const int code = line.run({loaded->bundle.hash(), {}, rules, {}});
  server.stop();
  const char* const how = stop_signal == 0 ? "the inputs are read to their end"
                          : code == kDone  ? "stopped by a signal; everything is committed"
                                           : "stopped by a signal; what is not committed comes again";
  log.info("stopped", code == kUnavailable ? "stopped by an error" : how, {{"exit_code", std::to_string(code)}});
  if (transport->stuck()) ::_exit(code);
  return code;
}

}  // namespace bartizan::cli
