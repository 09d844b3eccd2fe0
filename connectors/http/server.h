#pragma once
// The one HTTP server of the process: metrics and health now, API and console on the same seam.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "engine/model/result.h"

namespace bartizan {

struct HttpRequest {
  std::string method;  // GET or HEAD; others are answered 405 by the server
  std::string path;    // without query
  std::string query;   // without '?'
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

struct HttpOptions {
  std::string host = "127.0.0.1";  // an address, never a name
  std::uint16_t port = 8080;       // 0: any free port (tests)
  std::size_t connections_max = 64;
  std::chrono::seconds timeout{10};  // for one request or an idle connection
};

/// Serves exact paths on a thread of its own. Handlers run on that thread and must be quick; what they read is theirs to lock.
/// Bounds: request header 8 KiB, no request body, connections_max (further ones are closed), one request at a time per connection.
class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  explicit HttpServer(HttpOptions options);
  ~HttpServer();  // stops
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// REQUIRES: before start().
  void handle(std::string path, Handler handler);
  /// Binds and listens. Error codes: `bad_address`, `port_in_use`, `bind_failed`.
  Status start();
  void stop();
  std::uint16_t port() const;  // the bound one
  /// Requests answered, by path ("other" for unknown ones) and status code.
  std::map<std::pair<std::string, unsigned>, std::uint64_t> requests() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Splits `host:port`, `[v6]:port`. Error code `bad_listen`.
Result<HttpOptions> parse_listen(std::string_view text);
/// True for 127.0.0.0/8 and ::1. Other addresses need TLS and authentication and are refused until these exist.
bool is_loopback(std::string_view host);

}  // namespace bartizan
