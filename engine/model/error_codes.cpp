#include "engine/model/error_codes.h"

#include <algorithm>
#include <iterator>

namespace bartizan {
namespace {

using F = FailureClass;
constexpr ResultClass kFail = ResultClass::failure;
constexpr ResultClass kStep = ResultClass::interrupted;
constexpr Tristate kYes = Tristate::yes;
constexpr Tristate kNo = Tristate::no;
constexpr Tristate kUnknown = Tristate::unknown;

// By code. Meanings in our own words after Microsoft's published list of AADSTS codes and the community's table of them.
constexpr ErrorCode kCodes[] = {
    {0, F::ok, ResultClass::success, kUnknown, "Success"},
    {16000, F::no_user, kFail, kUnknown, "The account is not in the resource tenant"},
    {16001, F::interrupt, kStep, kUnknown, "The account picker selection was rejected"},
    {16003, F::no_user, kFail, kUnknown, "The account has not been added to the tenant"},
    {50001, F::app_config, kFail, kUnknown, "The resource is disabled or does not exist"},
    {50005, F::ca_block, kFail, kYes, "The device platform is not supported by policy"},
    {50012, F::app_credential, kFail, kNo, "Authentication of the client failed"},
    {50013, F::token, kFail, kUnknown, "The assertion is not valid"},
    {50014, F::no_user, kFail, kUnknown, "The guest has not been invited or redeemed"},
    {50020, F::no_user, kFail, kUnknown, "The account comes from an identity provider that the tenant does not accept"},
    {50027, F::token, kFail, kUnknown, "The token is not valid"},
    {50033, F::infrastructure, kStep, kUnknown, "A transient error, retried by the client"},
    {50034, F::no_user, kFail, kNo, "The account does not exist in the directory"},
    {50053, F::locked, kFail, kNo, "The account is locked after many wrong passwords, or the address is blocked"},
    {50055, F::password_state, kFail, kYes, "The password has expired"},
    {50056, F::bad_password, kFail, kNo, "The directory holds no password for the user"},
    {50057, F::disabled, kFail, kUnknown, "The account is disabled"},
    {50058, F::interrupt, kStep, kUnknown, "No session for a silent sign-in"},
    {50059, F::app_config, kStep, kUnknown, "The request names no tenant"},
    {50064, F::bad_password, kFail, kNo, "The credentials could not be validated"},
    {50072, F::mfa_required, kStep, kYes, "The user must enrol for multifactor authentication"},
    {50074, F::mfa_required, kStep, kYes, "Strong authentication is required and was not passed"},
    {50076, F::mfa_required, kStep, kYes, "Multifactor authentication is required"},
    {50078, F::mfa_required, kStep, kYes, "The multifactor result has expired"},
    {50079, F::mfa_required, kStep, kYes, "The user must enrol for multifactor authentication"},
    {50088, F::mfa_failed, kFail, kYes, "The limit of telephone verification calls is reached"},
    {50089, F::token, kStep, kUnknown, "The flow token has expired"},
    {50097, F::interrupt, kStep, kUnknown, "Device authentication is required"},
    {50105, F::app_config, kFail, kYes, "The user is not assigned to the application"},
    {50125, F::interrupt, kStep, kUnknown, "Password reset or registration was entered"},
    {50126, F::bad_password, kFail, kNo, "The user name or password is wrong"},
    {50127, F::interrupt, kStep, kUnknown, "A broker application is needed"},
    {50128, F::app_config, kStep, kUnknown, "The request names no tenant"},
    {50129, F::interrupt, kStep, kUnknown, "The device must be joined"},
    {50131, F::ca_block, kFail, kYes, "Blocked by a device state or suspicious activity"},
    {50132, F::token, kStep, kUnknown, "The session is no longer valid"},
    {50133, F::token, kStep, kUnknown, "The session ended because the password changed"},
    {50135, F::risk, kStep, kYes, "A password change is required because of account risk"},
    {50140, F::interrupt, kStep, kYes, "The \"keep me signed in\" page was shown"},
    {50142, F::risk, kStep, kYes, "A password change is required by policy"},
    {50144, F::password_state, kFail, kYes, "The on-premises password has expired"},
    {50155, F::device, kFail, kUnknown, "Device authentication failed"},
    {50158, F::interrupt, kStep, kYes, "An external challenge is still to be satisfied"},
    {50168, F::interrupt, kStep, kUnknown, "The browser cannot give a device token"},
    {50173, F::token, kStep, kUnknown, "The grant has been revoked"},
    {50187, F::device, kFail, kUnknown, "Device authentication failed"},
    {50196, F::app_config, kStep, kUnknown, "The client sends the same request in a loop"},
    {50199, F::interrupt, kStep, kUnknown, "The user must confirm the application"},
    {50203, F::interrupt, kStep, kYes, "Registration of the authenticator was offered"},
    {51004, F::no_user, kFail, kUnknown, "The account does not exist in the directory"},
    {53000, F::device, kFail, kYes, "The device is not compliant"},
    {53001, F::device, kFail, kYes, "The device is not joined to the domain"},
    {53002, F::device, kFail, kYes, "The application is not approved"},
    {53003, F::ca_block, kFail, kYes, "Blocked by Conditional Access"},
    {53004, F::risk, kFail, kYes, "Multifactor registration is blocked because of risk"},
    {53010, F::ca_block, kFail, kYes, "Security information may be registered only from set places or devices"},
    {53011, F::risk, kFail, kYes, "Blocked because of risk in the home tenant"},
    {54005, F::token, kFail, kUnknown, "The authorization code has been used before"},
    {65001, F::consent, kStep, kYes, "Consent is missing"},
    {65004, F::consent, kFail, kYes, "The user declined consent"},
    {70000, F::token, kFail, kUnknown, "The grant is not valid"},
    {70001, F::app_credential, kFail, kUnknown, "The application is disabled"},
    {70002, F::app_credential, kFail, kNo, "The client's credentials are not valid"},
    {70008, F::token, kStep, kUnknown, "The grant has expired"},
    {70016, F::interrupt, kStep, kUnknown, "Waiting for the user to enter the device code"},
    {70018, F::interrupt, kStep, kUnknown, "The device code is wrong or has expired"},
    {70019, F::interrupt, kStep, kUnknown, "The device code has expired"},
    {70043, F::token, kStep, kUnknown, "The refresh token is past the sign-in frequency"},
    {70044, F::token, kStep, kUnknown, "The session is past the sign-in frequency"},
    {70046, F::token, kStep, kUnknown, "The session failed a re-authentication check"},
    {80001, F::infrastructure, kStep, kUnknown, "The on-premises agent cannot reach the directory"},
    {80002, F::infrastructure, kStep, kUnknown, "The on-premises agent timed out"},
    {80005, F::infrastructure, kStep, kUnknown, "The on-premises agent gave an unexpected answer"},
    {80007, F::infrastructure, kStep, kUnknown, "The on-premises agent could not validate the password"},
    {80012, F::ca_block, kFail, kYes, "Outside the allowed logon hours"},
    {80014, F::infrastructure, kStep, kUnknown, "The on-premises agent did not answer in time"},
    {81004, F::infrastructure, kStep, kUnknown, "Seamless sign-on: the Kerberos ticket is not valid"},
    {81010, F::infrastructure, kStep, kUnknown, "Seamless sign-on: the Kerberos ticket is not valid"},
    {90006, F::infrastructure, kStep, kUnknown, "A transient error, retried by the client"},
    {90025, F::infrastructure, kStep, kUnknown, "A retried request reached its limit inside the service"},
    {90033, F::infrastructure, kStep, kUnknown, "A transient error, retried by the client"},
    {90072, F::no_user, kFail, kUnknown, "The account is not in the resource tenant"},
    {90094, F::consent, kStep, kYes, "An administrator's consent is required"},
    {90095, F::consent, kStep, kYes, "An administrator's consent has been requested"},
    {120000, F::bad_password, kFail, kNo, "The current password was wrong during a password change"},
    {130004, F::device, kFail, kUnknown, "The Windows Hello key is missing"},
    {135011, F::device, kFail, kUnknown, "The device is disabled"},
    {399218, F::interrupt, kStep, kUnknown, "The browser or broker must take over"},
    {500011, F::app_config, kFail, kUnknown, "The resource is not known in the tenant"},
    {500014, F::app_config, kFail, kUnknown, "The resource is disabled"},
    {500021, F::ca_block, kFail, kUnknown, "Blocked by tenant restrictions"},
    {500022, F::ca_block, kFail, kUnknown, "Blocked by tenant restrictions"},
    {500121, F::mfa_failed, kFail, kYes, "The strong authentication request failed"},
    {500133, F::token, kFail, kUnknown, "The assertion is outside its time window"},
    {500186, F::ca_block, kFail, kYes, "The conditions of the access policy are not met"},
    {500212, F::ca_block, kFail, kUnknown, "Blocked by the cross-tenant access policy"},
    {500213, F::ca_block, kFail, kUnknown, "Blocked by the cross-tenant access policy"},
    {501314, F::interrupt, kStep, kUnknown, "The device or browser must take one more step"},
    {530003, F::device, kFail, kYes, "The device must be managed"},
    {530031, F::ca_block, kFail, kYes, "The access policy does not allow the token"},
    {530032, F::ca_block, kFail, kYes, "Blocked by a security policy of the tenant"},
    {530033, F::ca_block, kFail, kYes, "The device code flow is blocked by device-based Conditional Access"},
    {530034, F::risk, kFail, kYes, "A delegated administrator is blocked because of risk in the home tenant"},
    {530035, F::ca_block, kFail, kYes, "Blocked by security defaults"},
    {650052, F::app_config, kFail, kUnknown, "The application needs a resource that the tenant does not have"},
    {650057, F::app_config, kFail, kUnknown, "The resource is not listed in the application's permissions"},
    {700003, F::device, kFail, kUnknown, "The device object was not found"},
    {700016, F::app_config, kFail, kUnknown, "The application was not found in the tenant"},
    {700021, F::app_credential, kFail, kNo, "The client assertion does not match the application"},
    {700024, F::token, kFail, kUnknown, "The client assertion is outside its time window"},
    {700025, F::app_config, kFail, kUnknown, "A public client presented a secret"},
    {700027, F::app_credential, kFail, kNo, "The certificate assertion's signature is wrong"},
    {700030, F::app_credential, kFail, kNo, "The certificate's subject is not authorised"},
    {700082, F::token, kStep, kUnknown, "The refresh token has expired from inactivity"},
    {700084, F::token, kStep, kUnknown, "The refresh token of a single-page application has expired"},
    {1003033, F::mfa_failed, kFail, kUnknown, "The remote telephone sign-in was denied"},
    {7000112, F::app_credential, kFail, kUnknown, "The application is disabled"},
    {7000215, F::app_credential, kFail, kNo, "The client secret is wrong"},
    {7000216, F::app_config, kFail, kUnknown, "The client secret or assertion is missing"},
    {7000218, F::app_config, kFail, kUnknown, "The client secret or assertion is missing"},
    {7000222, F::app_credential, kFail, kUnknown, "The client secret has expired"},
    {7000229, F::app_config, kFail, kUnknown, "The client has no service principal in the tenant"},
    {9002341, F::interrupt, kStep, kUnknown, "The user must confirm single sign-on"},
};

constexpr ErrorCode kOther{-1, F::other, kFail, kUnknown, "A failure that the table does not know"};

constexpr bool is_sorted_by_code() {
  for (std::size_t i = 1; i < std::size(kCodes); ++i) {
    if (kCodes[i - 1].code >= kCodes[i].code) return false;
  }
  return true;
}
static_assert(is_sorted_by_code());

}  // namespace

const ErrorCode& error_code(std::int32_t code) {
  if (code == 0) return kCodes[0];
  const auto* const end = std::end(kCodes);
  const auto* const it = std::lower_bound(std::begin(kCodes), end, code, [](const ErrorCode& row, std::int32_t c) { return row.code < c; });
  return it != end && it->code == code ? *it : kOther;
}

bool is_malicious_ip_block(std::int32_t code, std::string_view failure_reason) {
  if (code != 50053) return false;
  const std::string lower = lower_ascii(failure_reason);
  return lower.find("malicious") != std::string::npos;
}

std::span<const ErrorCode> error_codes() { return kCodes; }

}  // namespace bartizan
