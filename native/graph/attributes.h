// Fills a node's attributes from a plain JavaScript object.
#pragma once

#include <napi.h>

#include <openvino/core/attribute_visitor.hpp>
#include <set>
#include <string>

namespace ovd {

/**
 * Given to `Node::visit_attributes`: for each attribute the node names, takes the object's value of that
 * name, or leaves the node's default. Enumerations, element types and shapes come as the text or list
 * OpenVINO serialises.
 */
class AttributeReader : public ov::AttributeVisitor {
 public:
  explicit AttributeReader(Napi::Object attributes) : attributes_(attributes) {}

  /** @throws CodedError naming given attributes that the node did not ask for */
  void RequireAllTaken(const std::string& operation) const;

  void on_adapter(const std::string& name, ov::ValueAccessor<void>& adapter) override;
  void on_adapter(const std::string& name, ov::ValueAccessor<std::string>& adapter) override;
  void on_adapter(const std::string& name, ov::ValueAccessor<bool>& adapter) override;
  void on_adapter(const std::string& name, ov::ValueAccessor<int64_t>& adapter) override;
  void on_adapter(const std::string& name, ov::ValueAccessor<double>& adapter) override;
  void on_adapter(const std::string& name, ov::ValueAccessor<std::vector<int64_t>>& adapter) override;
  void on_adapter(const std::string& name, ov::ValueAccessor<std::vector<uint64_t>>& adapter) override;
  void on_adapter(const std::string& name, ov::ValueAccessor<std::vector<float>>& adapter) override;
  void on_adapter(const std::string& name, ov::ValueAccessor<std::vector<std::string>>& adapter) override;

 private:
  bool Take(const std::string& name, Napi::Value* value);

  Napi::Object attributes_;
  std::set<std::string> asked_;
};

}  // namespace ovd
