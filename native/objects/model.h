// A network read from disk (or built), before it is compiled.
#pragma once

#include <napi.h>

#include <map>
#include <memory>
#include <mutex>
#include <openvino/core/model.hpp>
#include <string>
#include <vector>

#include "memory/mapping.h"
#include "ports.h"
#include "wrapped.h"

namespace ovd {

/** The graph, shared with the threads that reshape or compile it; `mutex` guards the graph, not the ports. */
struct ModelState {
  ModelState(std::shared_ptr<ov::Model> graph, bool isBuilt) : model(std::move(graph)), isBuilt(isBuilt) {}

  /** A copy of the graph that its taker may change; weights are shared, not copied. Any thread. */
  std::shared_ptr<ov::Model> Clone();

  const std::shared_ptr<ov::Model> model;
  /** Built node by node by a script, which is not to be trusted with what OpenVINO does not check. */
  const bool isBuilt;
  std::mutex mutex;
};

/** Reshapes by port name; an unknown name is an error that lists the ports there are. */
void Reshape(ov::Model& model, const std::map<std::string, ov::PartialShape>& shapes);

/** Changes the element types of inputs, by port name; the network must be able to take them. */
void Retype(ov::Model& model, const std::map<std::string, ov::element::Type>& types);

/** The mappings that the graph's constants point into. */
std::vector<std::shared_ptr<const Mapping>> MappingsOf(const ov::Model& model);

/** Bytes of the constants once floating-point ones have this many bytes an element. */
size_t WeightBytes(const ov::Model& model, size_t floatBytes);

struct ModelParts {
  std::shared_ptr<ModelState> state;
  std::vector<Port> inputs;
  std::vector<Port> outputs;
};

/**
 * JavaScript: inputs, outputs, weightBytes(floatBytes), reshape(shapes), serialize(xmlPath, binPath),
 * dispose(). Made by `Core.readModel` or `graphModel`.
 */
class Model : public MadeFrom<Model, ModelParts> {
 public:
  static constexpr const char* kName = "Model";
  static constexpr const char* kMaker = "Core.readModel() or graphModel()";
  static Napi::Function Define(Napi::Env env);

  /**
   * Describes the ports and finishes on the JavaScript thread; call on the thread that made the graph.
   *
   * @param isBuilt - node by node, not read from a file
   */
  static MakeResult Wrap(std::shared_ptr<ov::Model> model, bool isBuilt);

  explicit Model(const Napi::CallbackInfo& info) : MadeFrom(info) {}

  std::shared_ptr<ModelState> State() const;

 private:
  Napi::Value Inputs(const Napi::CallbackInfo& info);
  Napi::Value Outputs(const Napi::CallbackInfo& info);
  Napi::Value CountWeightBytes(const Napi::CallbackInfo& info);
  Napi::Value ReshapePorts(const Napi::CallbackInfo& info);
  Napi::Value Serialize(const Napi::CallbackInfo& info);
  Napi::Value Dispose(const Napi::CallbackInfo& info);
};

}  // namespace ovd
