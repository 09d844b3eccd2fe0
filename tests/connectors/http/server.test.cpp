#include "connectors/http/server.h"

#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

using namespace bartizan;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// Sends raw bytes and reads until the server closes the connection.
std::string talk(std::uint16_t port, const std::string& request) {
  asio::io_context io;
  tcp::socket socket(io);
  socket.connect({asio::ip::make_address("127.0.0.1"), port});
  boost::system::error_code ignored;
  asio::write(socket, asio::buffer(request), ignored);
  std::string out;
  asio::read(socket, asio::dynamic_buffer(out), ignored);
  return out;
}

std::string get(std::uint16_t port, const std::string& path) {
  return talk(port, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
}

HttpOptions any_port() {
  HttpOptions options;
  options.port = 0;
  return options;
}

}  // namespace

TEST_CASE("the server answers known paths and counts every answer", "[http]") {
  HttpServer server(any_port());
  server.handle("/-/healthy", [](const HttpRequest&) { return HttpResponse{200, "text/plain", "ok\n"}; });
  server.handle("/broken", [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("defect"); });
  REQUIRE(server.start().ok());
  CHECK(get(server.port(), "/-/healthy?x=1").find("\r\n\r\nok\n") != std::string::npos);
  CHECK(get(server.port(), "/nowhere").rfind("HTTP/1.1 404", 0) == 0);
  CHECK(get(server.port(), "/broken").rfind("HTTP/1.1 500", 0) == 0);
  const std::string head = talk(server.port(), "HEAD /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(head.find("Content-Length: 3") != std::string::npos);
  CHECK(head.substr(head.find("\r\n\r\n")) == "\r\n\r\n");
  CHECK(talk(server.port(), "POST /-/healthy HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").rfind("HTTP/1.1 405", 0) == 0);
  const auto counts = server.requests();
  CHECK(counts.at({"/-/healthy", 200}) == 2);
  CHECK(counts.at({"other", 404}) == 1);
  CHECK(counts.at({"/broken", 500}) == 1);
}

TEST_CASE("hostile bytes get an error and a closed connection", "[http]") {
  HttpServer server(any_port());
  server.handle("/", [](const HttpRequest&) { return HttpResponse{}; });
  REQUIRE(server.start().ok());
  CHECK(talk(server.port(), "\x01\x02garbage\r\n\r\n").rfind("HTTP/1.1 400", 0) == 0);
  CHECK(talk(server.port(), "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n").rfind("HTTP/1.1 400", 0) == 0);
  CHECK(get(server.port(), "/").rfind("HTTP/1.1 200", 0) == 0);
}

TEST_CASE("a port in use is an error with a name, not a crash", "[http]") {
  HttpServer first(any_port());
  REQUIRE(first.start().ok());
  HttpOptions options;
  options.port = first.port();
  HttpServer second(options);
  const auto status = second.start();
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == "port_in_use");
}

TEST_CASE("listen addresses are read strictly", "[http]") {
  CHECK(parse_listen("127.0.0.1:8080").value().port == 8080);
  CHECK(parse_listen("[::1]:9090").value().host == "::1");
  for (const auto* text : {"", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "localhost:80", "127.0.0.1:8o8o"}) {
    INFO(text);
    CHECK_FALSE(parse_listen(text).ok());
  }
  CHECK(is_loopback("127.0.0.9"));
  CHECK(is_loopback("::1"));
  CHECK_FALSE(is_loopback("0.0.0.0"));
}
