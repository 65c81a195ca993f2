#pragma once
// The axes along which a set of vectors varies most (principal components about the origin). Pure;
// callable from any thread.

#include <cstddef>
#include <span>
#include <vector>

namespace sg {

struct PrincipalAxes {
  std::vector<float> axes;       // [D, D] rows of unit length, at right angles
  std::vector<float> variances;  // [D] mean square along each, largest first
};

// `rows` [R, dim]. The fewer rows, the more their moments are pulled towards equal variances, as
// dim rows of any kind cannot tell directions that others lack: by dim / (R + dim). O(R D^2 + D^3).
PrincipalAxes FindPrincipalAxes(std::span<const float> rows, size_t dim);

}  // namespace sg
