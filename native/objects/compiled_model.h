// A network made ready for one device and one set of shapes.
#pragma once

#include <napi.h>

#include <memory>
#include <openvino/runtime/compiled_model.hpp>
#include <vector>

#include "ports.h"
#include "wrapped.h"

namespace ovd {

struct CompiledModelParts {
  std::shared_ptr<ov::CompiledModel> compiled;
  std::vector<Port> inputs;
  std::vector<Port> outputs;
  int64_t weightBytes = 0;
};

/**
 * JavaScript: inputs, outputs, createInferRequest(), getProperty(name), dispose(). Made by
 * `Core.compileModel`.
 */
class CompiledModel : public MadeFrom<CompiledModel, CompiledModelParts> {
 public:
  static constexpr const char* kName = "CompiledModel";
  static constexpr const char* kMaker = "Core.compileModel()";
  static Napi::Function Define(Napi::Env env);

  /** `graph` is what was compiled: the size of its weights tells V8 how much an unused object holds. */
  static MakeResult Wrap(ov::CompiledModel compiled, const ov::Model& graph);

  explicit CompiledModel(const Napi::CallbackInfo& info);
  void Finalize(Napi::BasicEnv env) override;

 private:
  std::shared_ptr<ov::CompiledModel> Get() const;
  std::shared_ptr<ov::CompiledModel> Take(Napi::BasicEnv env);

  Napi::Value Inputs(const Napi::CallbackInfo& info);
  Napi::Value Outputs(const Napi::CallbackInfo& info);
  Napi::Value CreateInferRequest(const Napi::CallbackInfo& info);
  Napi::Value GetProperty(const Napi::CallbackInfo& info);
  Napi::Value Dispose(const Napi::CallbackInfo& info);
};

}  // namespace ovd
