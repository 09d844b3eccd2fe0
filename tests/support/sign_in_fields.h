#pragma once
// A sign-in as owned, comparable text: one entry per field that is not absent.

#include <map>
#include <string>

#include "engine/model/risk_report.h"
#include "engine/model/sign_in.h"

namespace bartizan::test {

using SignInFields = std::map<std::string, std::string>;

/// Every field of the model by the name of its member. Numbers in decimal, times in RFC 3339, coordinates in micro-degrees.
SignInFields fields_of(const SignIn& e);
SignInFields fields_of(const RiskReport& r);
SignInFields fields_of(const DirectoryChange& c);
/// "name: left | right" for each difference; empty when equal.
std::string differences(const SignInFields& left, const SignInFields& right);

}  // namespace bartizan::test
