#include "engine/detect/client_family.h"

#include <string_view>

#include "engine/model/hash.h"

namespace bartizan {
namespace {

constexpr std::uint64_t kDeviceDomain = 0x646576696365;  // "device"

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool begins(std::string_view text, std::string_view lower_case) {
  if (text.size() < lower_case.size()) return false;
  for (std::size_t i = 0; i < lower_case.size(); ++i) {
    if (lower(text[i]) != lower_case[i]) return false;
  }
  return true;
}

/// Entra's words: "Windows 10", "Windows10", "MacOs", "Ios 17.4", "Android", "Linux", "Rest Client".
OsFamily os_from_word(std::string_view os) {
  if (begins(os, "windows")) return has(os, "hone") ? OsFamily::other : OsFamily::windows;
  if (begins(os, "mac") || begins(os, "os x")) return OsFamily::macos;
  if (begins(os, "ios") || begins(os, "ipad")) return OsFamily::ios;
  if (begins(os, "android")) return OsFamily::android;
  if (begins(os, "chrome")) return OsFamily::chrome_os;
  if (begins(os, "linux") || begins(os, "ubuntu")) return OsFamily::linux_os;
  return OsFamily::other;
}

OsFamily os_from_agent(std::string_view ua) {
  if (has(ua, "Android")) return OsFamily::android;
  if (has(ua, "iPhone") || has(ua, "iPad") || has(ua, "iOS")) return OsFamily::ios;
  if (has(ua, "Windows")) return OsFamily::windows;
  if (has(ua, "Mac OS") || has(ua, "Macintosh") || has(ua, "Darwin")) return OsFamily::macos;
  if (has(ua, "CrOS")) return OsFamily::chrome_os;
  if (has(ua, "Linux") || has(ua, "X11")) return OsFamily::linux_os;
  return OsFamily::unknown;
}

BrowserFamily browser_from_word(std::string_view browser) {
  if (begins(browser, "edge") || begins(browser, "microsoft edge")) return BrowserFamily::edge;
  if (begins(browser, "chrom")) return BrowserFamily::chrome;
  if (begins(browser, "firefox")) return BrowserFamily::firefox;
  if (begins(browser, "safari") || begins(browser, "mobile safari")) return BrowserFamily::safari;
  if (begins(browser, "ie") || begins(browser, "internet explorer")) return BrowserFamily::ie;
  if (begins(browser, "rich client") || begins(browser, "office")) return BrowserFamily::office;
  if (begins(browser, "python") || begins(browser, "curl") || begins(browser, "go-http")) return BrowserFamily::script;
  return BrowserFamily::other;
}

BrowserFamily browser_from_agent(std::string_view ua) {
  if (has(ua, "Edg") || has(ua, "EdgA")) return BrowserFamily::edge;
  if (has(ua, "Firefox") || has(ua, "FxiOS")) return BrowserFamily::firefox;
  if (has(ua, "Microsoft Office") || has(ua, "MSAL") || has(ua, "Windows-AzureAD")) return BrowserFamily::office;
  if (has(ua, "Outlook") || has(ua, "BAV2ROPC") || has(ua, "CBAInPROD") || has(ua, "IMAP")) return BrowserFamily::mail_client;
  if (has(ua, "Chrome") || has(ua, "CriOS")) return BrowserFamily::chrome;
  if (has(ua, "Safari")) return BrowserFamily::safari;
  if (has(ua, "Trident") || has(ua, "MSIE")) return BrowserFamily::ie;
  if (begins(ua, "python") || begins(ua, "curl") || begins(ua, "go-http") || begins(ua, "axios") || begins(ua, "okhttp") ||
      has(ua, "PowerShell")) {
    return BrowserFamily::script;
  }
  return BrowserFamily::other;
}

}  // namespace

OsFamily os_family(const SignIn& e) {
  if (!e.device.os.empty()) return os_from_word(e.device.os);
  return e.user_agent.empty() ? OsFamily::unknown : os_from_agent(e.user_agent);
}

BrowserFamily browser_family(const SignIn& e) {
  if (!e.device.browser.empty()) return browser_from_word(e.device.browser);
  return e.user_agent.empty() ? BrowserFamily::unknown : browser_from_agent(e.user_agent);
}

std::uint32_t device_hash(const SignIn& e) {
  if (!e.device.id.empty()) {
    const auto h = static_cast<std::uint32_t>(stable_hash64(e.device.id, kDeviceDomain));
    return h == 0 ? 1 : h;
  }
  const auto os = static_cast<std::uint32_t>(os_family(e));
  const auto browser = static_cast<std::uint32_t>(browser_family(e));
  if (os == 0 && browser == 0) return 0;
  return static_cast<std::uint32_t>(mix64(0x1000 + os * 16 + browser) | 1);
}

}  // namespace bartizan
