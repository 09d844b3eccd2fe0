#include "connectors/http/server.h"

#include <utility>  // before Asio: Boost 1.74 forgets it under g++ 12

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <mutex>
#include <optional>
#include <thread>

namespace bartizan {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

constexpr std::size_t kHeaderBytesMax = 8 * 1024;

}  // namespace

struct HttpServer::Impl {
  class Session;

  explicit Impl(HttpOptions o) : options(std::move(o)), acceptor(io) {}

  void accept();
  HttpResponse answer(const http::request<http::empty_body>& request);

  HttpOptions options;
  asio::io_context io{1};
  tcp::acceptor acceptor;
  std::map<std::string, Handler> handlers;  // constant after start()
  std::thread thread;
  std::size_t sessions = 0;  // on the server's thread only
  std::uint16_t bound_port = 0;
  mutable std::mutex mutex;  // guards counts
  std::map<std::pair<std::string, unsigned>, std::uint64_t> counts;
};

/// One connection: read, answer, read again until the peer or the timeout closes it.
class HttpServer::Impl::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Impl& server, tcp::socket socket) : server_(server), stream_(std::move(socket)), buffer_(kHeaderBytesMax) { ++server_.sessions; }
  ~Session() { --server_.sessions; }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void read() {
    parser_.emplace();
    parser_->header_limit(kHeaderBytesMax);
    parser_->body_limit(0);
    stream_.expires_after(server_.options.timeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) { self->on_read(error); });
  }

 private:
  void on_read(beast::error_code error) {
    if (error == http::error::end_of_stream || error == beast::error::timeout || error == asio::error::connection_reset ||
        error == asio::error::operation_aborted) {
      return close();
    }
    if (error) {  // not HTTP, or larger than the bounds: say so and hang up
      return write(HttpResponse{400, "text/plain; charset=utf-8", "bad request\n"}, 11, false, false);
    }
    const auto& request = parser_->get();
    write(server_.answer(request), request.version(), request.keep_alive(), request.method() == http::verb::head);
  }

  void write(HttpResponse&& r, unsigned version, bool keep_alive, bool head) {
    response_ = {};
    response_.result(r.status);
    response_.version(version);
    response_.set(http::field::content_type, r.content_type);
    response_.set(http::field::cache_control, "no-store");
    response_.set("X-Content-Type-Options", "nosniff");
    if (r.status == 405) response_.set(http::field::allow, "GET, HEAD");
    response_.keep_alive(keep_alive);
    const std::size_t size = r.body.size();
    if (!head) response_.body() = std::move(r.body);
    response_.content_length(size);
    stream_.expires_after(server_.options.timeout);
    http::async_write(stream_, response_, [self = shared_from_this(), keep_alive, head](beast::error_code error, std::size_t) {
      if (error || !keep_alive || head) return self->close();
      self->read();
    });
  }

  void close() {
    beast::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  Impl& server_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::empty_body>> parser_;
  http::response<http::string_body> response_;
};

void HttpServer::Impl::accept() {
  acceptor.async_accept([this](beast::error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error && sessions < options.connections_max) std::make_shared<Session>(*this, std::move(socket))->read();
    accept();
  });
}

HttpResponse HttpServer::Impl::answer(const http::request<http::empty_body>& request) {
  const std::string target{request.target()};
  const std::size_t mark = target.find('?');
  HttpRequest in{std::string{request.method_string()}, target.substr(0, mark), mark == std::string::npos ? "" : target.substr(mark + 1)};
  const auto handler = handlers.find(in.path);
  HttpResponse out;
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    out = {405, "text/plain; charset=utf-8", "only GET and HEAD\n"};
  } else if (handler == handlers.end()) {
    out = {404, "text/plain; charset=utf-8", "not found\n"};
  } else {
    try {
      out = handler->second(in);
    } catch (const std::exception&) {
      out = {500, "text/plain; charset=utf-8", "internal error\n"};
    }
  }
  const std::lock_guard lock(mutex);
  ++counts[{handler == handlers.end() ? "other" : in.path, out.status}];
  return out;
}

HttpServer::HttpServer(HttpOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpServer::~HttpServer() { stop(); }

void HttpServer::handle(std::string path, Handler handler) { impl_->handlers[std::move(path)] = std::move(handler); }

Status HttpServer::start() {
  beast::error_code error;
  const auto address = asio::ip::make_address(impl_->options.host, error);
  if (error) return Error{"bad_address", "'" + impl_->options.host + "' is not an IP address"};
  const tcp::endpoint endpoint{address, impl_->options.port};
  auto& acceptor = impl_->acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    const std::string where = impl_->options.host + ":" + std::to_string(impl_->options.port);
    if (error == asio::error::address_in_use) return Error{"port_in_use", where + " is in use by another program"};
    return Error{"bind_failed", "cannot listen on " + where + ": " + error.message()};
  }
  impl_->bound_port = acceptor.local_endpoint().port();
  impl_->accept();
  impl_->thread = std::thread([this] { impl_->io.run(); });
  return Ok{};
}

void HttpServer::stop() {
  if (!impl_->thread.joinable()) return;
  impl_->io.stop();
  impl_->thread.join();
}

std::uint16_t HttpServer::port() const { return impl_->bound_port; }

std::map<std::pair<std::string, unsigned>, std::uint64_t> HttpServer::requests() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->counts;
}

Result<HttpOptions> parse_listen(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  HttpOptions out;
  const Error bad{"bad_listen", "'" + std::string{text} + "' is not HOST:PORT, for example 127.0.0.1:8080 or [::1]:8080"};
  if (colon == std::string_view::npos || colon == 0) return bad;
  std::string_view host = text.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  unsigned port = 0;
  const std::string_view digits = text.substr(colon + 1);
  if (digits.empty() || digits.size() > 5) return bad;
  for (const char c : digits) {
    if (c < '0' || c > '9') return bad;
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  beast::error_code error;
  asio::ip::make_address(std::string{host}, error);
  if (error || port > 65535) return bad;
  out.host = host;
  out.port = static_cast<std::uint16_t>(port);
  return out;
}

bool is_loopback(std::string_view host) {
  beast::error_code error;
  const auto address = asio::ip::make_address(std::string{host}, error);
  return !error && address.is_loopback();
}

}  // namespace bartizan
