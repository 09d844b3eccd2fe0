#pragma once
// What kind of client signed in: families that survive updates, from the device object or the user agent.

#include <cstdint>

#include "engine/model/sign_in.h"

namespace bartizan {

enum class OsFamily : std::uint8_t { unknown, windows, macos, linux_os, chrome_os, ios, android, other };
enum class BrowserFamily : std::uint8_t { unknown, edge, chrome, firefox, safari, ie, office, mail_client, script, other };

/// From deviceDetail.operatingSystem where it is given, else from the user agent.
OsFamily os_family(const SignIn& e);
/// From deviceDetail.browser where it is given, else from the user agent. `script`: curl, python-requests, Go and the like.
BrowserFamily browser_family(const SignIn& e);

inline bool is_phone(OsFamily os) { return os == OsFamily::ios || os == OsFamily::android; }

/// Identity of the device for one user: the device id where there is one, else OS and browser family. 0 when nothing is known.
/// Never the user agent itself: half of all sign-ins come with a new one.
std::uint32_t device_hash(const SignIn& e);

}  // namespace bartizan
