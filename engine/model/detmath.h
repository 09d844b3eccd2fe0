#pragma once
// exp, log and trigonometry that give the same bits on every machine and compiler. glibc picks variants by CPU (with and
// without FMA), whose last bits differ; a score that differs in the last bit would change output bytes.
//
// Only IEEE 754 + - * / and sqrt are used, with floating-point contraction off (-ffp-contract=off). Errors are stated against the
// true value, in units of the last place (ulp) of a double.

namespace bartizan::detmath {

double exp(double x);                 // <= 2 ulp; 0 below -745, +inf above 709.78
double exp2(double x);                // <= 2 ulp
double log(double x);                 // <= 2 ulp; REQUIRES x > 0 (0 gives -inf, negative gives NaN)
double log1p(double x);               // <= 4 ulp for x > -1
double sin(double x);                 // <= 4 ulp; |x| <= 1000
double cos(double x);                 // <= 4 ulp; |x| <= 1000
double asin(double x);                // <= 8 ulp; |x| <= 1
double lgamma(double x);              // relative error below 1e-12; x > 0
double round_half_away(double x);     // to an integer

}  // namespace bartizan::detmath
