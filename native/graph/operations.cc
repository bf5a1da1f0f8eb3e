#include "graph/operations.h"

#include <openvino/opsets/opset.hpp>
#include <unordered_set>

#include "errors.h"

namespace ovd {

std::shared_ptr<ov::Node> CreateNode(const std::string& operationSet, const std::string& operation) {
  const auto& sets = ov::get_available_opsets();
  const auto set = sets.find(operationSet);
  if (set == sets.end())
    throw CodedError("INVALID_ARGUMENT", "OpenVINO has no operation set '" + operationSet + "'");
  if (!set->second().contains_type(operation)) {
    throw CodedError("INVALID_ARGUMENT",
                     "Operation set " + operationSet + " has no operation '" + operation + "'");
  }
  return std::shared_ptr<ov::Node>(set->second().create(operation));
}

}  // namespace ovd
