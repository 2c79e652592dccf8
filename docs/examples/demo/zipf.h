// Ranks 0 … n-1, of which rank k is drawn with a probability proportional to 1 / (k + 1)^exponent: how often the keys
// of a real cache are asked for.
//
// Rejection-inversion (W. Hörmann, G. Derflinger, "Rejection-inversion to generate variates from monotone discrete
// distributions", 1996): exact, without a table, about 1.1 uniform numbers a draw. The exponent may be anything above 0
// but 1. Constant after construction: threads may share one, each with its own generator.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>

namespace demo {

class Zipf {
 public:
  Zipf(uint64_t count, double exponent)
      : count_(static_cast<double>(count)),
        exponent_(exponent),
        integral_low_(integral(1.5) - 1),
        integral_high_(integral(count_ + 0.5)),
        accept_(2 - inverse(integral(2.5) - std::pow(2.0, -exponent))) {}

  template <typename Generator>
  uint64_t operator()(Generator& random) const {
    std::uniform_real_distribution<double> uniform(0, 1);
    for (;;) {
      const double u = integral_high_ + uniform(random) * (integral_low_ - integral_high_);
      const double x = inverse(u);
      double rank = std::floor(x + 0.5);
      if (rank < 1) rank = 1;
      if (rank > count_) rank = count_;
      if (rank - x <= accept_ || u >= integral(rank + 0.5) - std::pow(rank, -exponent_)) {
        return static_cast<uint64_t>(rank) - 1;
      }
    }
  }

 private:
  // The antiderivative of x^-exponent, and its inverse.
  double integral(double x) const { return (std::pow(x, 1 - exponent_) - 1) / (1 - exponent_); }
  double inverse(double y) const { return std::pow(1 + y * (1 - exponent_), 1 / (1 - exponent_)); }

  double count_;
  double exponent_;
  double integral_low_;
  double integral_high_;
  double accept_;
};

}  // namespace demo
