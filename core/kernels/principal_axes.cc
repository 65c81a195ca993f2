#include "core/kernels/principal_axes.h"

#include <Eigen/Core>
#include <Eigen/Eigenvalues>

namespace sg {

PrincipalAxes FindPrincipalAxes(std::span<const float> rows, size_t dim) {
  using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto width = static_cast<Eigen::Index>(dim);
  const auto count = static_cast<Eigen::Index>(rows.size() / dim);
  const Eigen::Map<const RowMajor> input(rows.data(), count, width);
  Eigen::MatrixXf moments = Eigen::MatrixXf::Zero(width, width);
  moments.selfadjointView<Eigen::Lower>().rankUpdate(input.transpose());
  moments /= static_cast<float>(std::max<Eigen::Index>(count, 1));
  const float pull = static_cast<float>(width) / static_cast<float>(count + width);
  const float even = moments.trace() / static_cast<float>(width);
  moments *= 1 - pull;
  moments.diagonal().array() += pull * even;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXf> solved(moments);
  PrincipalAxes found{.axes = std::vector<float>(dim * dim), .variances = std::vector<float>(dim)};
  for (Eigen::Index i = 0; i < width; ++i) {
    // Eigen's come smallest first.
    const Eigen::Index from = width - 1 - i;
    found.variances[static_cast<size_t>(i)] = std::max(solved.eigenvalues()[from], 0.0f);
    Eigen::Map<Eigen::VectorXf>(&found.axes[static_cast<size_t>(i) * dim], width) =
        solved.eigenvectors().col(from);
  }
  return found;
}

}  // namespace sg
